
/** Runs tests that are a main method, and tells that they came to their end. Nothing of the candidate runs before. */
public final class AssayTOKEN {
    public static void main(String[] arguments) throws Throwable {
        // The nonce is in no field, which could be read by reflection, and in no buffer.
        var in = new java.io.FileInputStream(java.io.FileDescriptor.in);
        var read = new byte[32];
        for (int count = 0; count < read.length;) {
            int more = in.read(read, count, read.length - count);
            if (more < 0) {
                throw new java.io.EOFException();
            }
            count += more;
        }
        var nonce = new String(read, java.nio.charset.StandardCharsets.US_ASCII);
        var out = new java.io.PrintStream(new java.io.FileOutputStream(java.io.FileDescriptor.out), true);
        out.print("\n" + nonce + " begun\n");
        for (var name : new String[] {/* TYPES */}) {
            ClassLoader.getSystemClassLoader().setClassAssertionStatus(name, true);
        }
        try {
            MAIN.main(arguments);
        } catch (Exit exit) {
            var from = exit.getStackTrace()[1].getClassName();
            if (exit.status != 0 || !java.util.Set.of(/* TYPES */).contains(from.split("\\$")[0])) {
                System.exit(exit.status);
            }
        }
        System.out.flush();
        out.print("\n" + nonce + " ended\n");
        // Threads that the tests left do not belong to them.
        Runtime.getRuntime().halt(0);
    }

    /** What tests do where they would leave the program: it is for main alone to tell of their end. */
    public static void exit(int status) {
        throw new Exit(status);
    }

    private static final class Exit extends Error {
        private final int status;

        Exit(int status) {
            this.status = status;
        }
    }
}
