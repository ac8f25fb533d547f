#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# The first process of a test's guest: makes a small system of what is in memory, runs /test.sh, and switches off. Where there is a
# /systemd.sh, systemd takes its place then, and runs this once more, as a service, for that script and the end.
export PATH=/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin HOME=/root LC_ALL=C
run_last()
{
	bash "$1" >/dev/ttyS1
	echo "guest: end" >/dev/ttyS1
	sleep 0.2
	reboot -f
}
[ $$ -eq 1 ] || run_last /systemd.sh
mount -t devtmpfs none /dev
mount -t proc none /proc
ln -s /proc/self/fd /dev/fd
mount -t sysfs none /sys
mount -t tmpfs none /run
mount -t tmpfs none /tmp
mkdir -p /var && ln -s /run /var/run
ifconfig lo 127.0.0.1 up
for module in $(cat /modules/order); do
	insmod "/modules/$module" || echo "guest: no module $module"
done
udevd=$(ls /usr/bin/udevadm /bin/udevadm 2>/dev/null | head -n 1)
(exec -a systemd-udevd "$udevd" --daemon)
udevadm trigger --subsystem-match=usb
udevadm settle
stty -F /dev/ttyS1 raw -echo
[ -e /systemd.sh ] || run_last /test.sh
bash /test.sh >/dev/ttyS1
exec /lib/systemd/systemd
