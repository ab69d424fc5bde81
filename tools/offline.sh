#!/bin/sh
# Run a command without a network, loopback aside; where the user may not make a network namespace, with it.
cut="unshare --map-root-user --net"
up="ip link set lo up"
if $cut $up 2>/dev/null; then
    exec $cut sh -c "$up"' && exec "$@"' sh "$@"
fi
exec "$@"
