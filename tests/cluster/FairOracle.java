import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.io.PrintStream;
import java.lang.reflect.Field;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.metrics2.lib.DefaultMetricsSystem;
import org.apache.hadoop.security.authorize.AccessControlList;
import org.apache.hadoop.yarn.api.records.Resource;
import org.apache.hadoop.yarn.conf.YarnConfiguration;
import org.apache.hadoop.yarn.server.resourcemanager.RMContextImpl;
import org.apache.hadoop.yarn.server.resourcemanager.placement.PlacementManager;
import org.apache.hadoop.yarn.server.resourcemanager.scheduler.QueueMetrics;
import org.apache.hadoop.yarn.server.resourcemanager.scheduler.fair.AllocationConfiguration;
import org.apache.hadoop.yarn.server.resourcemanager.scheduler.fair.ConfigurableResource;
import org.apache.hadoop.yarn.server.resourcemanager.scheduler.fair.FSQueueType;
import org.apache.hadoop.yarn.server.resourcemanager.scheduler.fair.FairScheduler;
import org.apache.hadoop.yarn.server.resourcemanager.scheduler.fair.SchedulingPolicy;
import org.apache.hadoop.yarn.util.resource.ResourceUtils;

/** What Hadoop's fair scheduler makes of allocation files: the path of one a line, a line of JSON for each. */
class FairOracle {
  static final String[] BY_QUEUE = {
    "queueWeights", "minQueueResources", "maxQueueResources", "maxChildQueueResources", "queueMaxApps",
    "queueMaxAMShares", "minSharePreemptionTimeouts", "fairSharePreemptionTimeouts", "fairSharePreemptionThresholds",
    "schedulingPolicies", "queueAcls", "userMaxApps", "nonPreemptableQueues", "reservableQueues",
    "queueMaxContainerAllocationMap", "userMaxAppsDefault", "queueMaxAppsDefault", "queueMaxResourcesDefault",
    "queueMaxAMShareDefault", "defaultSchedulingPolicy", "configuredQueues",
  };

  public static void main(String[] none) throws Exception {
    PrintStream answers = System.out;
    System.setOut(new PrintStream(OutputStream.nullOutputStream()));
    System.setErr(new PrintStream(OutputStream.nullOutputStream()));
    ObjectMapper json = new ObjectMapper();
    json.getFactory().configure(JsonGenerator.Feature.ESCAPE_NON_ASCII, true);
    BufferedReader files = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    for (String file = files.readLine(); file != null; file = files.readLine()) {
      Map<String, Object> answer = new HashMap<>();
      try {
        AllocationConfiguration loaded = loaded(file).getAllocationConfiguration();
        for (String name : BY_QUEUE) {
          Field field = AllocationConfiguration.class.getDeclaredField(name);
          field.setAccessible(true);
          answer.put(name, plain(field.get(loaded)));
        }
      } catch (Throwable error) {
        StringBuilder why = new StringBuilder();
        for (Throwable each = error; each != null; each = each.getCause()) {
          why.append(each).append(" / ");
        }
        answer = Map.of("refused", why.toString());
      }
      answers.println(json.writeValueAsString(answer));
      answers.flush();
    }
    Runtime.getRuntime().halt(0);
  }

  static FairScheduler loaded(String file) throws Exception {
    QueueMetrics.clearQueueMetrics();
    DefaultMetricsSystem.setMiniClusterMode(true);
    Configuration conf = new YarnConfiguration();
    conf.set("yarn.scheduler.fair.allocation.file", new java.io.File(file).toURI().toString());
    conf.set("yarn.resource-types", "disk,yarn.io/gpu");
    ResourceUtils.resetResourceTypes(conf);
    RMContextImpl context = new RMContextImpl();
    context.setQueuePlacementManager(new PlacementManager());
    FairScheduler fair = new FairScheduler();
    context.setScheduler(fair);
    fair.setRMContext(context);
    fair.init(conf);
    return fair;
  }

  static Object plain(Object value) {
    if (value instanceof Map) {
      Map<String, Object> plain = new HashMap<>();
      ((Map<?, ?>) value).forEach((key, each) -> plain.put(key.toString(), plain(each)));
      return plain;
    }
    if (value instanceof ConfigurableResource) {
      ConfigurableResource amount = (ConfigurableResource) value;
      return amount.getPercentages() != null ? Map.of("percent", amount.getPercentages()) : plain(amount.getResource());
    }
    if (value instanceof Resource) {
      return new long[] {((Resource) value).getMemorySize(), ((Resource) value).getVirtualCores()};
    }
    if (value instanceof AccessControlList) {
      AccessControlList list = (AccessControlList) value;
      return Map.of("everybody", list.isAllAllowed(), "users", list.getUsers(), "groups", list.getGroups());
    }
    if (value instanceof SchedulingPolicy) {
      return ((SchedulingPolicy) value).getName();
    }
    return value instanceof Set ? ((Set<?>) value).toArray() : value;
  }
}
