import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.util.function.Consumer;

import org.apache.hadoop.metrics2.lib.DefaultMetricsSystem;
import org.apache.hadoop.yarn.server.resourcemanager.scheduler.QueueMetrics;
import org.apache.hadoop.yarn.server.resourcemanager.scheduler.fair.converter.FSConfigToCSConfigConverterMain;

/** Hadoop's converter for many files in one JVM: FILE.d gets what it makes of FILE, and FILE.log what it says. */
public final class Fs2cs {
    public static void main(String[] arguments) throws Exception {
        ByteArrayOutputStream log = new ByteArrayOutputStream();
        System.setErr(new PrintStream(log, true, "UTF-8"));
        java.lang.reflect.Method exit = FSConfigToCSConfigConverterMain.class.getDeclaredMethod("setExit", Consumer.class);
        exit.setAccessible(true);
        exit.invoke(null, (Consumer<Integer>) status -> System.err.println("status " + status));
        String site = arguments[0];
        for (int number = 1; number < arguments.length; number++) {
            String file = arguments[number];
            log.reset();
            QueueMetrics.clearQueueMetrics();
            DefaultMetricsSystem.setMiniClusterMode(true);
            new java.io.File(file + ".d").mkdirs();
            try {
                FSConfigToCSConfigConverterMain.main(
                        new String[] {"-f", file, "-y", site, "-o", file + ".d", "-c", "memory-mb=102400, vcores=100"});
            } catch (Throwable thrown) {
                System.err.println("thrown: " + thrown);
            }
            java.nio.file.Files.write(java.nio.file.Paths.get(file + ".log"), log.toByteArray());
        }
        Runtime.getRuntime().halt(0);
    }
}
