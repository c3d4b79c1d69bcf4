import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.io.PrintStream;
import java.lang.reflect.Proxy;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.stream.Stream;
import org.apache.flink.client.cli.CliFrontend;
import org.apache.flink.client.deployment.ClusterClientFactory;
import org.apache.flink.client.deployment.ClusterClientServiceLoader;
import org.apache.flink.client.deployment.ClusterDescriptor;
import org.apache.flink.client.deployment.ClusterSpecification;
import org.apache.flink.client.deployment.application.ApplicationConfiguration;
import org.apache.flink.client.program.ClusterClientProvider;
import org.apache.flink.client.program.PackagedProgram;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.GlobalConfiguration;
import org.apache.flink.yarn.YarnClientYarnClusterInformationRetriever;
import org.apache.flink.yarn.YarnClusterDescriptor;
import org.apache.flink.yarn.cli.FlinkYarnSessionCli;
import org.apache.hadoop.yarn.api.records.ApplicationId;
import org.apache.hadoop.yarn.client.api.YarnClient;
import org.apache.hadoop.yarn.conf.YarnConfiguration;

/**
 * Flink's own command line classes, asked what they would do: everything is real but the last step, which tells.
 *
 * <p>A question is a line `COMMAND CONFIGURATION-FOLDER ARGUMENT...`, an answer a line `HOW TARGET QUEUE TAGS NAME ARGUMENT...`:
 * words in base64 with a blank between, `-` for none. HOW: execute (`run`), deploy (a cluster of its own), none.
 */
public class FlinkOracle {
    static String how = "none";
    static Configuration configuration;
    static String[] programArguments;

    public static void main(String[] ignored) throws Exception {
        PrintStream answers = System.out;
        System.setOut(new PrintStream(OutputStream.nullOutputStream()));
        BufferedReader questions = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.US_ASCII));
        for (String line = questions.readLine(); line != null; line = questions.readLine()) {
            String[] words = Arrays.stream(line.split(" ")).map(FlinkOracle::decoded).toArray(String[]::new);
            how = "none";
            configuration = null;
            programArguments = new String[0];
            try {
                ask(words[0], words[1], Arrays.copyOfRange(words, 2, words.length));
            } catch (Throwable refusal) {
                refusal.printStackTrace();
            }
            List<String> answer = new ArrayList<>(List.of(how));
            for (String key : List.of("execution.target", "yarn.application.queue", "yarn.tags", "yarn.application.name")) {
                answer.add(configuration == null ? null : configuration.toMap().get(key));
            }
            answer.addAll(Arrays.asList(programArguments));
            answers.println(String.join(" ", answer.stream().map(FlinkOracle::encoded).toList()));
            answers.flush();
        }
    }

    static void ask(String command, String folder, String[] arguments) throws Exception {
        Configuration global = GlobalConfiguration.loadConfiguration(folder);
        if (command.equals("flink")) {
            new Frontend(global, folder).parseAndRun(arguments);
        } else {
            List<String> all = new ArrayList<>(List.of("-j", "/flink-dist.jar")); // as the script does
            all.addAll(Arrays.asList(arguments));
            new FlinkYarnSessionCli(global, new Loader(), folder, "", "", false).run(all.toArray(new String[0]));
        }
    }

    static void deploys(ApplicationConfiguration application) {
        how = "deploy";
        programArguments = application == null ? new String[0] : application.getProgramArguments();
    }

    static class Frontend extends CliFrontend {
        Frontend(Configuration global, String folder) {
            super(global, new Loader(), loadCustomCommandLines(global, folder));
        }

        @Override
        protected void executeProgram(Configuration effective, PackagedProgram program) {
            how = "execute";
            configuration = effective;
            programArguments = program.getArguments();
        }
    }

    static class Loader implements ClusterClientServiceLoader {
        @Override
        @SuppressWarnings("unchecked")
        public <ID> ClusterClientFactory<ID> getClusterClientFactory(Configuration effective) {
            configuration = effective;
            return (ClusterClientFactory<ID>) stub(ClusterClientFactory.class, (name, given) -> switch (name) {
                case "createClusterDescriptor" -> isSession() ? new Descriptor() : stub(ClusterDescriptor.class, (step, with) -> {
                    if (step.equals("deployApplicationCluster")) {
                        deploys((ApplicationConfiguration) with[1]);
                    }
                    return null;
                });
                default -> null;
            });
        }

        @Override
        public Stream<String> getApplicationModeTargetNames() {
            return Stream.of("yarn-application", "kubernetes-application");
        }

        private static boolean isSession() {
            return StackWalker.getInstance(StackWalker.Option.RETAIN_CLASS_REFERENCE)
                    .walk(frames -> frames.anyMatch(frame -> frame.getDeclaringClass() == FlinkYarnSessionCli.class));
        }
    }

    static class Descriptor extends YarnClusterDescriptor {
        Descriptor() {
            this(new YarnConfiguration(new org.apache.hadoop.conf.Configuration(false)), YarnClient.createYarnClient());
        }

        private Descriptor(YarnConfiguration yarn, YarnClient client) {
            super(configuration, yarn, client, YarnClientYarnClusterInformationRetriever.create(client), true);
        }

        @Override
        public ClusterClientProvider<ApplicationId> deploySessionCluster(ClusterSpecification specification) {
            deploys(null);
            throw new IllegalStateException("as far as we go");
        }
    }

    interface Answer {
        Object to(String name, Object[] given);
    }

    static Object stub(Class<?> type, Answer answer) {
        return Proxy.newProxyInstance(type.getClassLoader(), new Class<?>[] {type}, (self, method, given) -> answer.to(method.getName(), given));
    }

    static String decoded(String word) {
        return new String(Base64.getDecoder().decode(word.substring(1)), StandardCharsets.UTF_8);
    }

    static String encoded(String word) {
        return word == null ? "-" : "=" + Base64.getEncoder().encodeToString(word.getBytes(StandardCharsets.UTF_8));
    }
}
