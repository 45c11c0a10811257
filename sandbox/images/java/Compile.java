import com.sun.source.tree.ClassTree;
import com.sun.source.tree.CompilationUnitTree;
import com.sun.source.tree.MethodTree;
import com.sun.source.tree.Tree;
import com.sun.source.util.JavacTask;
import com.sun.source.util.TaskEvent;
import com.sun.source.util.TaskListener;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import javax.lang.model.element.Modifier;
import javax.tools.ForwardingJavaFileObject;
import javax.tools.JavaFileObject;
import javax.tools.StandardJavaFileManager;
import javax.tools.ToolProvider;

/**
 * What javac does, and two things more. {@code Compile ENTRY OTHER...} lets the public class of the entry point's file
 * have any name, as {@code java Main.java} does; and writes the name of the class to start to {@code .build/main}, an
 * argument file of the launcher.
 */
public final class Compile {
    private static final Path CLASSES = Path.of(".build/classes");
    private static final Path MAIN = Path.of(".build/main");

    public static void main(String[] sources) throws IOException {
        Files.createDirectories(CLASSES);
        var compiler = ToolProvider.getSystemJavaCompiler();
        var messages = new PrintWriter(System.err, false, StandardCharsets.UTF_8);
        var mainClass = new MainClass(stem(sources[0]));
        boolean compiled;
        try (StandardJavaFileManager files = compiler.getStandardFileManager(null, null, StandardCharsets.UTF_8)) {
            List<JavaFileObject> units = new ArrayList<>();
            files.getJavaFileObjects(sources).forEach(units::add);
            units.set(0, new Entry(units.get(0)));
            var options = List.of("-cp", ".", "-d", CLASSES.toString(), "-encoding", "UTF-8", "-proc:none");
            var task = (JavacTask) compiler.getTask(messages, files, null, options, null, units);
            task.addTaskListener(mainClass);
            compiled = task.call();
        }
        messages.flush();
        if (compiled) {
            Files.writeString(MAIN, mainClass.name + "\n");
        }
        System.exit(compiled ? 0 : 1);
    }

    private static String stem(String path) {
        String name = Path.of(path).getFileName().toString();
        return name.endsWith(".java") ? name.substring(0, name.length() - ".java".length()) : name;
    }

    /** The entry point's file, which may hold a public class of any name. */
    private static final class Entry extends ForwardingJavaFileObject<JavaFileObject> {
        Entry(JavaFileObject file) {
            super(file);
        }

        @Override
        public boolean isNameCompatible(String simpleName, Kind kind) {
            return kind == Kind.SOURCE || super.isNameCompatible(simpleName, kind);
        }
    }

    /**
     * Finds the class to start in the first file that is parsed: one with a main method, before one without; among
     * those the one that is called like the file; else the first.
     */
    private static final class MainClass implements TaskListener {
        private final String stem;
        private String name;
        private boolean seen;
        private int best = -1;

        MainClass(String stem) {
            this.stem = stem;
            this.name = stem;
        }

        @Override
        public void finished(TaskEvent event) {
            if (event.getKind() != TaskEvent.Kind.PARSE || seen) {
                return;
            }
            seen = true;
            CompilationUnitTree unit = event.getCompilationUnit();
            String prefix = unit.getPackageName() == null ? "" : unit.getPackageName() + ".";
            for (Tree declared : unit.getTypeDecls()) {
                if (declared instanceof ClassTree type) {
                    String simple = type.getSimpleName().toString();
                    int rank = (hasMain(type) ? 2 : 0) + (simple.equals(stem) ? 1 : 0);
                    if (rank > best) {
                        best = rank;
                        name = prefix + simple;
                    }
                }
            }
        }

        private static boolean hasMain(ClassTree type) {
            return type.getMembers().stream().anyMatch(member -> member instanceof MethodTree method
                && method.getName().contentEquals("main")
                && method.getParameters().size() == 1
                && method.getModifiers().getFlags().contains(Modifier.STATIC));
        }
    }
}
