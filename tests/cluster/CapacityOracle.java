import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedReader;
import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeMap;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.yarn.conf.ConfigurationProvider;
import org.apache.hadoop.yarn.conf.YarnConfiguration;
import org.apache.hadoop.yarn.server.resourcemanager.RMContextImpl;
import org.apache.hadoop.yarn.server.resourcemanager.nodelabels.RMNodeLabelsManager;
import org.apache.hadoop.yarn.server.resourcemanager.placement.PlacementManager;
import org.apache.hadoop.yarn.server.resourcemanager.scheduler.capacity.AbstractLeafQueue;
import org.apache.hadoop.yarn.server.resourcemanager.scheduler.capacity.CSQueue;
import org.apache.hadoop.yarn.server.resourcemanager.scheduler.capacity.CapacityScheduler;
import org.apache.hadoop.yarn.server.resourcemanager.scheduler.capacity.CapacitySchedulerConfiguration;

/** The capacity scheduler's own reading of its file, a line of JSON each: its queues, or why it refuses the file. */
class CapacityOracle {
  static final ObjectMapper JSON = new ObjectMapper();

  public static void main(String[] none) throws Exception {
    PrintStream answers = System.out;
    System.setOut(new PrintStream(OutputStream.nullOutputStream()));
    BufferedReader questions = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    for (String line = questions.readLine(); line != null; line = questions.readLine()) {
      Map<String, Object> answer = new LinkedHashMap<>();
      byte[] file = Base64.getDecoder().decode(line);
      try {
        Configuration properties = new Configuration(false);
        properties.addResource(new ByteArrayInputStream(file));
        Map<String, String> texts = new TreeMap<>();
        for (Map.Entry<String, String> each : properties) {
          texts.put(each.getKey(), properties.get(each.getKey()));
        }
        answer.put("properties", texts);
      } catch (Throwable error) {
        answer.put("unreadable", words(error));
      }
      try {
        answer.put("queues", queues(file));
      } catch (Throwable error) {
        answer.put("refused", words(error));
      }
      answers.println(JSON.writeValueAsString(answer));
      answers.flush();
    }
    System.exit(0);
  }

  static Map<String, Object> queues(byte[] file) throws Exception {
    YarnConfiguration site = new YarnConfiguration();
    site.setBoolean(YarnConfiguration.RM_SCHEDULER_ENABLE_MONITORS, true);
    site.set(YarnConfiguration.RM_SCHEDULER_MONITOR_POLICIES, "");
    RMContextImpl context = new RMContextImpl();
    context.setConfigurationProvider(new One(file));
    RMNodeLabelsManager labels = new RMNodeLabelsManager();
    labels.init(site);
    context.setNodeLabelManager(labels);
    context.setQueuePlacementManager(new PlacementManager());
    context.setYarnConfiguration(site);
    CapacityScheduler scheduler = new CapacityScheduler();
    context.setScheduler(scheduler);
    scheduler.setConf(site);
    scheduler.setRMContext(context);
    try {
      scheduler.init(site);
      Map<String, Object> found = new TreeMap<>();
      CapacitySchedulerConfiguration said = scheduler.getConfiguration();
      put(scheduler.getRootQueue(), said, found);
      return found;
    } finally {
      scheduler.stop();
    }
  }

  static void put(CSQueue queue, CapacitySchedulerConfiguration said, Map<String, Object> found) {
    Map<String, Object> own = new TreeMap<>();
    Map<String, Object> shares = new TreeMap<>();
    for (String label : queue.getQueueCapacities().getExistingNodeLabels()) {
      shares.put(label, new Object[] {
        queue.getQueueCapacities().getCapacity(label),
        queue.getQueueCapacities().getMaximumCapacity(label),
        queue.getQueueCapacities().getWeight(label),
        queue.getQueueCapacities().getMaxAMResourcePercentage(label),
        queue.getQueueResourceQuotas().getConfiguredMinResource(label).toString(),
        queue.getQueueResourceQuotas().getConfiguredMaxResource(label).toString()});
    }
    own.put("shares", shares);
    Map<String, String> access = new TreeMap<>();
    said.getAcls(queue.getQueuePathObject()).forEach((kind, list) -> access.put(kind.toString(), list.getAclString()));
    own.put("access", access);
    own.put("labels", queue.getAccessibleNodeLabels());
    own.put("default label", queue.getDefaultNodeLabelExpression());
    own.put("running", said.getMaxParallelAppsForQueue(queue.getQueuePathObject()));
    own.put("no preemption", queue.getPreemptionDisabled());
    own.put("creates", said.isAutoQueueCreationV2Enabled(queue.getQueuePathObject()));
    own.put("state", String.valueOf(queue.getState()));
    if (queue instanceof AbstractLeafQueue) {
      own.put("order", ((AbstractLeafQueue) queue).getOrderingPolicy().getClass().getSimpleName());
      own.put("applications", ((AbstractLeafQueue) queue).getMaxApplications());
    }
    found.put(queue.getQueuePath(), own);
    if (queue.getChildQueues() != null) {
      for (CSQueue child : queue.getChildQueues()) {
        put(child, said, found);
      }
    }
  }

  static String words(Throwable error) {
    Throwable cause = error;
    while (cause.getCause() != null) {
      cause = cause.getCause();
    }
    return cause.toString();
  }

  /** The one file that the scheduler is given. */
  static class One extends ConfigurationProvider {
    final byte[] file;

    One(byte[] file) {
      this.file = file;
    }

    @Override
    public InputStream getConfigurationInputStream(Configuration site, String name) {
      return name.equals("capacity-scheduler.xml") ? new ByteArrayInputStream(file) : null;
    }

    @Override
    public void initInternal(Configuration site) {}

    @Override
    public void closeInternal() {}
  }
}
