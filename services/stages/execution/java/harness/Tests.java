
/** Runs tests that are a main method, and tells that they came to their end. Nothing of the candidate runs before. */
public final class AssayTOKEN {
    public static void main(String[] arguments) throws Throwable {
        // The nonce is in no field, which could be read by reflection, and in no buffer.
        var in = new java.io.FileInputStream(java.io.FileDescriptor.in);
        var nonce = new String(in.readNBytes(33), java.nio.charset.StandardCharsets.US_ASCII).strip();
        var out = new java.io.PrintStream(new java.io.FileOutputStream(java.io.FileDescriptor.out), true);
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
