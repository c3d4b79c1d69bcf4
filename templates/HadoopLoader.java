import java.io.ByteArrayOutputStream;
import java.io.FileInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.metrics2.lib.DefaultMetricsSystem;
import org.apache.hadoop.security.UserGroupInformation;
import org.apache.hadoop.yarn.api.records.QueueInfo;
import org.apache.hadoop.yarn.conf.ConfigurationProvider;
import org.apache.hadoop.yarn.conf.YarnConfiguration;
import org.apache.hadoop.yarn.server.resourcemanager.RMContextImpl;
import org.apache.hadoop.yarn.server.resourcemanager.nodelabels.RMNodeLabelsManager;
import org.apache.hadoop.yarn.server.resourcemanager.placement.PlacementManager;
import org.apache.hadoop.yarn.server.resourcemanager.scheduler.AbstractYarnScheduler;
import org.apache.hadoop.yarn.server.resourcemanager.scheduler.QueueMetrics;
import org.apache.hadoop.yarn.server.resourcemanager.scheduler.capacity.CapacityScheduler;
import org.apache.hadoop.yarn.server.resourcemanager.scheduler.fair.FairScheduler;

/**
 * Hands files to Hadoop's own scheduler, as a ResourceManager does when it starts, and says what that made of each.
 *
 * Arguments: `fair` or `capacity`, then the files. Prints a line of JSON for each file: `complaints`, the chain of
 * exceptions from the outermost on, empty if there was none; `log`, the scheduler's warnings; `queues`, the full paths
 * of those that it made. Run and read by placement/hadoop_loader; for Java 8 to 21, Hadoop 3.3 to 3.5.
 */
public final class HadoopLoader {
    private static final String LABELS = ".accessible-node-labels";

    private final String scheduler;
    private final String file;

    private HadoopLoader(String scheduler, String file) {
        this.scheduler = scheduler;
        this.file = file;
    }

    public static void main(String[] arguments) throws Exception {
        PrintStream answers = System.out;
        ByteArrayOutputStream log = new ByteArrayOutputStream();
        System.setOut(System.err);
        System.setErr(new PrintStream(log, true, "UTF-8")); // before the first logger is made
        for (int number = 1; number < arguments.length; number++) {
            log.reset();
            String found = new HadoopLoader(arguments[0], arguments[number]).answer();
            String line = found + ",\"log\":" + list(lines(log.toString("UTF-8"))) + "}\n";
            answers.write(line.getBytes("UTF-8"));
        }
        answers.flush();
        Runtime.getRuntime().halt(0); // whatever threads the scheduler has left
    }

    private String answer() {
        List<String> complaints = new ArrayList<>();
        List<String> queues = new ArrayList<>();
        try {
            AbstractYarnScheduler<?, ?> loaded = loaded();
            add(loaded.getQueueInfo("root", true, true), "", queues);
        } catch (Throwable thrown) { // also what a class of the site throws when it is loaded
            for (Throwable each = thrown; each != null && complaints.size() < 20; each = each.getCause()) {
                complaints.add(each.getClass().getName() + ": " + each.getMessage());
            }
        }
        return "{\"complaints\":" + list(complaints) + ",\"queues\":" + list(queues);
    }

    private AbstractYarnScheduler<?, ?> loaded() throws Exception {
        QueueMetrics.clearQueueMetrics();
        DefaultMetricsSystem.setMiniClusterMode(true); // metrics of the same name, once for each file
        Configuration conf = configuration();
        RMContextImpl context = new RMContextImpl();
        context.setConfigurationProvider(new OnlyFile());
        context.setNodeLabelManager(labels(conf));
        context.setQueuePlacementManager(new PlacementManager());
        if (scheduler.equals("fair")) {
            FairScheduler fair = new FairScheduler();
            context.setScheduler(fair);
            fair.setRMContext(context);
            fair.init(conf);
            return fair;
        }
        CapacityScheduler capacity = new CapacityScheduler();
        context.setScheduler(capacity);
        capacity.setConf(conf);
        capacity.setRMContext(context);
        capacity.init(conf);
        return capacity;
    }

    /** The site's configuration as far as it is on the class path, but for what would make us ask others. */
    private Configuration configuration() {
        Configuration conf = new YarnConfiguration();
        conf.set("yarn.scheduler.configuration.store.class", "file");
        conf.set("yarn.scheduler.fair.allocation.file", new java.io.File(file).toURI().toString());
        conf.set("hadoop.security.authentication", "simple");
        conf.set("hadoop.security.group.mapping", "org.apache.hadoop.security.ShellBasedUnixGroupsMapping");
        conf.set("yarn.authorization-provider", "org.apache.hadoop.yarn.security.ConfiguredYarnAuthorizer");
        conf.setBoolean("yarn.scheduler.capacity.schedule-asynchronously.enable", false);
        UserGroupInformation.setConfiguration(conf);
        return conf;
    }

    /** Every label that the file names counts as one of the cluster: which there are, only the cluster knows. */
    private RMNodeLabelsManager labels(Configuration conf) throws IOException {
        RMNodeLabelsManager manager = new Labels();
        manager.init(conf);
        Set<String> named = new HashSet<>();
        if (!scheduler.equals("fair")) {
            Configuration content = new Configuration(false);
            content.addResource(new FileInputStream(file));
            for (java.util.Map.Entry<String, String> entry : content) {
                if (entry.getKey().endsWith(LABELS)) {
                    named.addAll(content.getTrimmedStringCollection(entry.getKey()));
                }
            }
        }
        named.remove("*");
        named.remove("");
        if (!named.isEmpty()) {
            manager.addToCluserNodeLabelsWithDefaultExclusivity(named);
        }
        return manager;
    }

    private void add(QueueInfo queue, String parent, List<String> paths) {
        String name = queue.getQueueName();
        String path = name.contains(".") || parent.isEmpty() ? name : parent + "." + name;
        paths.add(path);
        for (QueueInfo child : queue.getChildQueues()) {
            add(child, path, paths);
        }
    }

    private static List<String> lines(String text) {
        List<String> lines = new ArrayList<>();
        for (String line : text.split("\r?\n")) {
            if (!line.isEmpty()) {
                lines.add(line);
            }
        }
        return lines;
    }

    private static String list(List<String> texts) {
        StringBuilder json = new StringBuilder("[");
        for (String text : texts) {
            json.append(json.length() > 1 ? "," : "").append('"');
            for (char c : text.toCharArray()) {
                if (c == '"' || c == '\\') {
                    json.append('\\').append(c);
                } else if (c < ' ' || c > '~') {
                    json.append(String.format("\\u%04x", (int) c));
                } else {
                    json.append(c);
                }
            }
            json.append('"');
        }
        return json.append("]").toString();
    }

    /** Labels in memory alone: nothing is stored, nobody is told. */
    private static final class Labels extends RMNodeLabelsManager {
        @Override
        protected void initNodeLabelStore(Configuration conf) {
        }

        @Override
        protected void initDispatcher(Configuration conf) {
        }

        @Override
        protected void startDispatcher() {
        }

        @Override
        public boolean isCentralizedConfiguration() {
            return true;
        }

        @Override
        protected void serviceInit(Configuration conf) throws Exception {
            Configuration enabled = new Configuration(conf);
            enabled.setBoolean("yarn.node-labels.enabled", true);
            super.serviceInit(enabled);
        }
    }

    /** Of all files that the scheduler may ask for, the one that it is to read. */
    private final class OnlyFile extends ConfigurationProvider {
        @Override
        public InputStream getConfigurationInputStream(Configuration conf, String name) throws IOException {
            return name.equals("capacity-scheduler.xml") ? new FileInputStream(file) : null;
        }

        @Override
        public void initInternal(Configuration conf) {
        }

        @Override
        public void closeInternal() {
        }
    }
}
