package local_oss;

import java.util.Map;
import java.util.TreeMap;
import org.junit.runner.Description;
import org.junit.runner.JUnitCore;
import org.junit.runner.Result;
import org.junit.runner.notification.Failure;
import org.junit.runner.notification.RunListener;

/**
 * Runs the classes named on the command line and prints a line for each test, then one with the totals.
 * A test whose assumption does not hold counts as passed. Ends with 0, whatever came out.
 */
public class RunAll {
  public static void main(String[] names) throws Exception {
    JUnitCore core = new JUnitCore();
    Map<String, Failure> failures = new TreeMap<>();
    core.addListener(new RunListener() {
      @Override
      public void testFailure(Failure failure) {
        failures.put(failure.getDescription().getDisplayName(), failure);
      }

      @Override
      public void testFinished(Description test) {
        Failure failure = failures.get(test.getDisplayName());
        String cause = failure == null ? "" : failure.toString().replaceAll("\\s+", " ");
        String simpleName = test.getTestClass().getSimpleName();
        System.out.printf("CONTRACT\t%s\t%s.%s\t%s%n",
            failure == null ? "passed" : "failed", simpleName, test.getMethodName(), cause);
      }
    });
    Class<?>[] classes = new Class<?>[names.length];
    for (int i = 0; i < names.length; i++) {
      classes[i] = Class.forName("local_oss." + names[i]);
    }
    Result result = core.run(classes);
    System.out.printf("CONTRACT run %d failures %d%n", result.getRunCount(), result.getFailureCount());
    for (Failure failure : result.getFailures()) {
      System.err.println(failure.getDescription() + "\n" + failure.getTrace());
    }
    System.exit(0);
  }
}
