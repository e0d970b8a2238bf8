import java.io.IOException;

/**
 * A Kafka broker that does not outlive who started it: when its standard input ends, it ends.
 * Argument: the properties file.
 */
public final class BrokerMain {
  public static void main(String[] arguments) {
    Thread guard = new Thread(BrokerMain::haltAtEndOfInput, "guard");
    guard.setDaemon(true);
    guard.start();
    kafka.Kafka.main(arguments);
  }

  private static void haltAtEndOfInput() {
    try {
      while (System.in.read() >= 0) { /* nothing is said to a broker */ }
    } catch (IOException gone) {
      // the same: nobody is there
    }
    Runtime.getRuntime().halt(3);
  }
}
