"""Makes /tmp, /user and the home of a user on an HDFS with Kerberos: `secure_folders PRINCIPAL KEYTAB URL USER`."""

import sys
import time

from hdfs_native import Client

SAFE_MODE_SECONDS = 60.0


def main(principal: str, keytab: str, url: str, user: str) -> None:
    client = Client(url, kerberos_principal=principal, kerberos_keytab=keytab)
    wait_for_safe_mode(client)
    home = f"/user/{user}"
    for path, permission in (("/tmp", 0o1777), ("/user", 0o755), (home, 0o755)):
        client.mkdirs(path, permission, True)
        client.set_permission(path, permission)
    client.set_owner(home, user, user)


def wait_for_safe_mode(client: Client) -> None:
    """Its end: until then nothing can be changed."""
    deadline = time.monotonic() + SAFE_MODE_SECONDS
    while True:
        try:
            client.mkdirs("/tmp", 0o755, True)
            return
        except RuntimeError as error:
            if "SafeMode" not in str(error) or time.monotonic() > deadline:
                raise
            time.sleep(0.2)


if __name__ == "__main__":
    main(*sys.argv[1:])
