"""What -p keeps of a file or directory beside its bytes."""

# Replication, block size, user, group, permission, checksum type, ACL, XAttrs, times, erasure coding.
PRESERVABLE = "rbugpcaxte"
