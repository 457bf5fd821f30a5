package local_oss;

import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.contract.AbstractBondedFSContract;

/** What an OSS bucket promises as a file system; the bucket itself is named by fs.contract.test.fs.oss. */
public class OssContract extends AbstractBondedFSContract {
  public OssContract(Configuration conf) {
    super(conf);
    addConfResource("contract.xml");
  }

  @Override
  public String getScheme() {
    return "oss";
  }
}
