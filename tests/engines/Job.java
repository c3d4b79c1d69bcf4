import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;

/** The smallest job. */
public class Job {
    public static void main(String[] arguments) throws Exception {
        StreamExecutionEnvironment environment = StreamExecutionEnvironment.getExecutionEnvironment();
        environment.fromSequence(1, 3).print();
        environment.execute("job");
    }
}
