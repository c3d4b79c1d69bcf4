import org.apache.spark.SparkConf;
import org.apache.spark.SparkContext;

/** A Spark job of the JVM that asks for its executors, and runs until it is stopped. */
public class Hold {
  public static void main(String[] none) throws InterruptedException {
    new SparkContext(new SparkConf());
    Thread.sleep(600_000);
  }
}
