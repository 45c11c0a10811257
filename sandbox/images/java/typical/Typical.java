import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.LocalDate;
import java.util.*;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * What short programs commonly use. It is compiled and run while the image is made, so that the classes that it needs,
 * of the compiler and of the library, are in the archives.
 */
public class Typical {
    sealed interface Shape permits Circle, Square {}

    record Circle(double radius) implements Shape {}

    record Square(double side) implements Shape {}

    enum Colour { RED, GREEN }

    static class Failure extends RuntimeException {
        Failure(String message, Throwable cause) {
            super(message, cause);
        }
    }

    static double area(Shape shape) {
        return switch (shape) {
            case Circle circle -> Math.PI * circle.radius() * circle.radius();
            case Square(double side) -> side * side;
        };
    }

    static <T extends Comparable<T>> T largest(Collection<? extends T> items) {
        T best = null;
        for (T item : items) {
            best = best == null || item.compareTo(best) > 0 ? item : best;
        }
        return best;
    }

    public static void main(String[] arguments) throws Exception {
        var scanner = new Scanner("3 1 2.5\nline\n");
        System.out.println(scanner.nextInt() + scanner.nextLong() + scanner.nextDouble() + scanner.nextLine());
        try (var reader = new BufferedReader(new InputStreamReader(System.in))) {
            var tokens = new StringTokenizer(Objects.requireNonNullElse(reader.readLine(), "none"));
            System.out.println(tokens.nextToken() + reader.lines().count());
        }
        Map<String, List<Integer>> groups = new HashMap<>();
        for (int number : new int[] {5, 3, 9}) {
            groups.computeIfAbsent(number % 2 == 0 ? "even" : "odd", key -> new ArrayList<>()).add(number);
        }
        System.out.println(groups + " " + new TreeMap<>(groups) + new LinkedHashMap<>(groups) + Arrays.toString(new int[2]));
        var queue = new PriorityQueue<>(Comparator.comparing(String::length).reversed());
        queue.addAll(List.of("a", "bb"));
        Deque<String> stack = new ArrayDeque<>(Set.of("x"));
        new LinkedList<>(stack).addFirst(queue.poll());
        Map<Integer, Long> counts = IntStream.rangeClosed(1, 9).filter(n -> n % 2 == 1).boxed()
            .collect(Collectors.groupingBy(n -> n % 3, TreeMap::new, Collectors.counting()));
        System.out.println(counts);
        System.out.println(List.of("b", "a").stream().map(String::toUpperCase).sorted().collect(Collectors.joining(",")));
        System.out.printf("%d %5.2f %s %x%n", 1, 2.5, Optional.of("x").map(Function.identity()).orElse("y"), 255);
        System.out.println(String.format("%-5s|", "a") + "a,b".split(",").length + "x".repeat(3) + area(new Circle(1)));
        System.out.println(Pattern.compile("(\\w+)@(\\w+)").matcher("me@here").replaceAll("$2") + Colour.valueOf("RED"));
        System.out.println(BigInteger.TWO.pow(100).mod(BigInteger.TEN) + " " + new BigDecimal("1.5").setScale(2));
        System.out.println(LocalDate.of(2024, 2, 29).plusYears(1) + " " + Duration.ofSeconds(90) + largest(List.of(1, 2)));
        var counter = new AtomicInteger();
        try (var pool = Executors.newFixedThreadPool(2)) {
            pool.submit(counter::incrementAndGet).get();
        }
        var thread = new Thread(() -> counter.addAndGet(2));
        thread.start();
        thread.join();
        new ConcurrentHashMap<>(Map.of("a", 1)).merge("a", 1, Integer::sum);
        var file = Files.createTempFile("typical", ".txt");
        Files.writeString(file, "text");
        System.out.println(Files.readAllLines(Path.of(file.toString())).get(0) + new Random(1).nextInt(5));
        Files.delete(file);
        try {
            Object nothing = new int[1][1][0];
            throw new IOException("no " + nothing);
        } catch (IOException | RuntimeException error) {
            throw new Failure("ended " + System.nanoTime(), error);
        }
    }
}
