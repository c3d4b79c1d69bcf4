import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.io.PrintStream;
import java.lang.reflect.Constructor;
import java.lang.reflect.Field;
import java.lang.reflect.Method;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.spark.api.python.PythonUtils;
import org.apache.spark.deploy.SparkSubmitArguments;
import scala.Option;
import scala.Tuple2;
import scala.collection.Iterator;

/** Spark's own reading of command lines, a line of JSON each: the launcher first, then SparkSubmitArguments. */
class SparkOracle {
  static final String LAUNCHER = "org.apache.spark.launcher.";
  static final String SUBMIT = "org.apache.spark.deploy.SparkSubmit";
  static final Class<?> BUILDER = named("SparkSubmitCommandBuilder");

  public static void main(String[] none) throws Exception {
    PrintStream answers = System.out;
    System.setOut(new PrintStream(OutputStream.nullOutputStream()));
    System.setErr(new PrintStream(OutputStream.nullOutputStream()));
    ObjectMapper json = new ObjectMapper();
    json.getFactory().configure(JsonGenerator.Feature.ESCAPE_NON_ASCII, true);
    BufferedReader questions = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    for (String line = questions.readLine(); line != null; line = questions.readLine()) {
      Map<String, Object> answer;
      try {
        Map<String, Object> question = json.readValue(line, Map.class);
        answer = read((List<String>) question.get("words"), (Map<String, String>) question.get("environ"));
      } catch (Throwable error) {
        Throwable cause = error.getCause() == null ? error : error.getCause();
        answer = Map.of("refused", cause.toString());
      }
      answers.println(json.writeValueAsString(answer));
      answers.flush();
    }
  }

  /** What `spark-submit WORDS` understands; for a shell that starts a spark-submit of its own, the words of that. */
  static Map<String, Object> read(List<String> words, Map<String, String> environ) throws Exception {
    Constructor<?> constructor = BUILDER.getDeclaredConstructor(List.class);
    constructor.setAccessible(true);
    Object builder = constructor.newInstance(words);
    String resource = (String) of(builder, "appResource");
    List<String> own = (List<String>) of(builder, "appArgs");
    if (ends(resource, own, "pyspark-shell-main", ".py") || ends(resource, own, "sparkr-shell-main", ".r")) {
      throw new IllegalArgumentException("the launcher would end this JVM");
    }
    List<String> parsed = (List<String>) of(builder, "parsedArgs");
    if (parsed.contains("--help") || parsed.contains("--usage-error")) {
      throw new IllegalArgumentException("the usage of a shell might end this JVM");
    }
    Method build = BUILDER.getMethod("buildCommand", Map.class);
    build.setAccessible(true);
    Map<String, String> added = new HashMap<>();
    List<String> command = (List<String>) build.invoke(builder, added);
    for (String shell : new String[] {"PYSPARK_SUBMIT_ARGS", "SPARKR_SUBMIT_ARGS"}) {
      if (added.containsKey(shell)) {
        return Map.of("again", plain(added.get(shell)), "environ", added);
      }
    }
    List<String> arguments = new ArrayList<>();
    for (String word : command.subList(command.indexOf(SUBMIT) + 1, command.size())) {
      arguments.add(plain(word));
    }
    return understood(new SparkSubmitArguments(PythonUtils.toSeq(arguments), PythonUtils.toScalaMap(environ)));
  }

  static Map<String, Object> understood(SparkSubmitArguments understood) {
    Map<String, Object> said = new HashMap<>();
    said.put("action", understood.action().toString());
    said.put("master", orNull(understood.maybeMaster()));
    said.put("remote", orNull(understood.maybeRemote()));
    said.put("deploy_mode", understood.deployMode());
    said.put("queue", understood.queue());
    said.put("application", understood.primaryResource());
    said.put("class", understood.mainClass());
    said.put("is_python", understood.isPython());
    said.put("name", understood.name());
    said.put("proxy_user", understood.proxyUser());
    said.put("--executor-memory", understood.executorMemory());
    said.put("--executor-cores", understood.executorCores());
    said.put("--num-executors", understood.numExecutors());
    said.put("--driver-memory", understood.driverMemory());
    said.put("--driver-cores", understood.driverCores());
    List<Object> arguments = new ArrayList<>();
    for (Iterator<?> each = understood.childArgs().iterator(); each.hasNext(); ) {
      arguments.add(each.next());
    }
    said.put("arguments", arguments);
    Map<String, Object> properties = new HashMap<>();
    for (Iterator<?> each = understood.sparkProperties().iterator(); each.hasNext(); ) {
      Tuple2<?, ?> pair = (Tuple2<?, ?>) each.next();
      properties.put((String) pair._1(), pair._2());
    }
    said.put("properties", properties);
    return said;
  }

  /** A word as Spark's spark-class passes it on. */
  static String plain(String word) {
    return word.replace("\r", "");
  }

  static boolean ends(String resource, List<String> own, String shell, String suffix) {
    return shell.equals(resource) && !own.isEmpty() && own.get(0).toLowerCase().endsWith(suffix);
  }

  static Object orNull(Option<?> option) {
    return option.isDefined() ? option.get() : null;
  }

  static Object of(Object builder, String field) throws Exception {
    for (Class<?> at = BUILDER; ; at = at.getSuperclass()) {
      try {
        Field found = at.getDeclaredField(field);
        found.setAccessible(true);
        return found.get(builder);
      } catch (NoSuchFieldException above) {
        if (at.getSuperclass() == null) {
          throw above;
        }
      }
    }
  }

  static Class<?> named(String name) {
    try {
      return Class.forName(LAUNCHER + name);
    } catch (ClassNotFoundException error) {
      throw new IllegalStateException(error);
    }
  }
}
