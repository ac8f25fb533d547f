#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# What bench_usb.sh runs in its guest: the token on a wire of dummy_hcd that leads back to the guest, then a device of the kernel's own
# that echoes, on the same wire. Prints a line for each: NAME FIGURE...
# shellcheck source=tests/lib/tap.sh
. /tap.sh
# shellcheck source=tests/guest/inside.sh
. /inside.sh

fail() { echo "failed $*"; exit 1; }
# sysfs has a device before the kernel has configured it.
echo_configured() { grep -qsx 1 "$(dirname "$(grep -lsx 1209 /sys/bus/usb/devices/*/idVendor | head -n 1)")/bConfigurationValue"; }

gadget bench high --socket /tmp/socket || fail "the device port"
pcscd_start
within 180 reader || fail "no reader"
echo "usb $(bench_usb pcsc 300)"
kill "$pcscd_pid" && wait "$pcscd_pid" 2>/dev/null
echo "socket $(bench_usb socket /tmp/socket 300)"
gadget_end || fail "the port is not free"

echo_gadget=/sys/kernel/config/usb_gadget/echo
mkdir -p "$echo_gadget"/{strings/0x409,configs/c.1,functions/Loopback.0} || fail "no loopback"
echo 0x1209 >"$echo_gadget/idVendor" && echo 0x0002 >"$echo_gadget/idProduct"
ln -s "$echo_gadget/functions/Loopback.0" "$echo_gadget/configs/c.1/"
echo "$udc" >"$echo_gadget/UDC" || fail "the echo is not plugged in"
echo_there() { grep -qs '^1209$' /sys/bus/usb/devices/*/idVendor; } # the hubs' numbers are 0002, too
within 180 echo_there || fail "no echo"
# The CCID messages of a VERIFY that asks, and of a signature: its response is the longer one.
echo "echo_short $(within 180 echo_configured && bench_usb echo 14 300)"
echo "echo_sign $(bench_usb echo 88 300)"
