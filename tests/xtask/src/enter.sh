#!/bin/bash
# The first process in an engine's own mount, network and process namespaces: makes the suite's folder
# the root, starts the engine in it, and buries the orphans of its containers.
# Arguments: the suite's folder, the run's folder, then the engine's command.
set -euo pipefail
root=$1
dir=$2
shift 2

# The id as seen from outside: /proc is still the machine's.
read -r outside _ </proc/self/stat
echo "$outside" >"$dir/init.pid"

mount --bind "$root" "$root"
mount -t proc proc "$root/proc"
# A new sysfs shows this network namespace's interfaces; the engine waits for its bridges there.
mount -t sysfs sysfs "$root/sys"
mount --rbind /sys/fs/cgroup "$root/sys/fs/cgroup"
mount --rbind /dev "$root/dev"
for scratch in run tmp var/tmp etc/docker etc/containers/networks; do
    mkdir -p "$root/$scratch"
    mount -t tmpfs -o mode=1777 tmpfs "$root/$scratch"
done
mkdir -p "$root$dir"
mount --rbind "$dir" "$root$dir"

# A chroot would not do: an exec would land in the machine's own root.
mkdir "$root/run/machine"
cd "$root"
pivot_root . run/machine
cd /
umount -l /run/machine
rmdir /run/machine
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin

# The suite is kept for other runs, so what one writes goes elsewhere.
mount -o remount,bind,ro /
ip link set lo up

"$@" &
wait $!
