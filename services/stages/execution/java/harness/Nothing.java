
/** Takes the place of a candidate's main method where it is only compiled: nothing of the candidate runs. */
final class AssayTOKEN {
    public static void main(String[] arguments) {
    }
}
