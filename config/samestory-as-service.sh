#!/bin/sh
# Runs one samestory command with the user, settings, credentials and data folder of the systemd units.
# Install it as /usr/local/sbin/samestory, and run it as root. Paths of files must be absolute, and the
# user samestory must have access to them. It passes the caller's variables SAMESTORY_... and DATABASE_URL;
# a variable in samestory.env overrides the one of the caller.
set -- /opt/samestory/bin/samestory "$@"
# Only names: values may contain passwords, and other users can read the arguments of a process.
for name in $(env | sed -n 's/^\(SAMESTORY_[A-Za-z0-9_]*\|DATABASE_URL\)=.*/\1/p'); do
    set -- "--setenv=$name" "$@"
done
exec systemd-run --quiet --pipe --wait --collect \
    --property=User=samestory \
    --property=EnvironmentFile=-/etc/samestory/samestory.env \
    --property=LoadCredential=samestory:/etc/samestory/credentials \
    --property=StateDirectory=samestory \
    --property=UMask=0077 \
    --setenv=SAMESTORY_DATABASE__DATA_DIR=/var/lib/samestory \
    --setenv="HF_HUB_OFFLINE=${HF_HUB_OFFLINE:-1}" \
    "$@"
