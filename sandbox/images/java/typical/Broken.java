/** What the compiler finds wrong most often: its messages are in the archive too. */
public class Broken {
    int number = "text";

    void call() {
        missing(1);
        String text = unknown.length();
    }
}
