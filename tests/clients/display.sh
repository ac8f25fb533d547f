# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
#
# A screen that nobody sees, and a person at it. Source it after tests/lib/card.sh. Not a test itself.
#
#   display_start                   an X server of the test's own (DISPLAY), with a window manager
#   display_await PATTERN [TIMES]   until a window with such a title is there, for TIMES half-seconds (240); its number is in display_window
#   display_return_until PATTERN [TIMES]  presses Return every half-second until there is such a window
#   display_type TEXT               into the window that display_await has found, and Return
#   display_gone                  until that window is no more
#   display_shot NAME               a picture of the screen in the build's tests/clients/NAME.png; says where; fails without one

display_window=

display_start()
{
	local xvfb openbox
	Xvfb -displayfd 6 -screen 0 1024x768x24 -nolisten tcp -noreset 6>display.number >xvfb.log 2>&1 {tap_fd}>&- &
	xvfb=$!
	card_at_exit "kill $xvfb"
	until [ -s display.number ] || ! kill -0 "$xvfb" 2>/dev/null; do display_pause; done
	DISPLAY=:$(cat display.number)
	export DISPLAY
	openbox --sm-disable >openbox.log 2>&1 {tap_fd}>&- &
	openbox=$!
	card_at_exit "kill $openbox"
}

display_pause()
{
	read -rt 0.5 <> <(:)
}

display_await()
{
	local times=${2:-240}
	until display_window=$(xdotool search --onlyvisible --name "$1" 2>/dev/null | tail -n 1) && [ -n "$display_window" ]; do
		times=$((times - 1))
		[ "$times" -gt 0 ] || { display_window=; return 1; }
		display_pause
	done
	return 0
}

display_return_until()
{
	local times=${2:-240}
	until display_await "$1" 1; do
		times=$((times - 1))
		[ "$times" -gt 0 ] || return 1
		xdotool key Return
		display_pause
	done
	return 0
}

display_type()
{
	xdotool windowactivate --sync "$display_window" type --delay 20 "$1"
	xdotool key Return
}

display_gone()
{
	local times=240
	while xdotool search --onlyvisible --name . 2>/dev/null | grep -qx "$display_window"; do
		times=$((times - 1))
		[ "$times" -gt 0 ] || return 1
		display_pause
	done
	return 0
}

display_shot()
{
	mkdir -p "$top_builddir/tests/clients"
	scrot --overwrite "$top_builddir/tests/clients/$1.png" && display_is_picture "$top_builddir/tests/clients/$1.png" &&
		tap_note "screenshot: $top_builddir/tests/clients/$1.png"
}

# A PNG of the whole screen: its signature, and width and height in IHDR.
display_is_picture()
{
	[ "$(od -An -tx1 -N8 "$1" | tr -d ' \n')" = 89504e470d0a1a0a ] &&
		[ "$(od -An -tx1 -j16 -N8 "$1" | tr -d ' \n')" = 0000040000000300 ]
}
