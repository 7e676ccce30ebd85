#!/bin/sh
# Runs one samestory command with the user, settings, credentials and data folder of the systemd units.
# Install it as /usr/local/sbin/samestory, and run it as root. Paths of files must be absolute, and the
# user samestory must have access to them.
exec systemd-run --quiet --pipe --wait --collect \
    --property=User=samestory \
    --property=EnvironmentFile=-/etc/samestory/samestory.env \
    --property=LoadCredential=samestory:/etc/samestory/credentials \
    --property=StateDirectory=samestory \
    --property=UMask=0077 \
    --setenv=SAMESTORY_DATABASE__DATA_DIR=/var/lib/samestory \
    --setenv="HF_HUB_OFFLINE=${HF_HUB_OFFLINE:-1}" \
    /opt/samestory/bin/samestory "$@"
