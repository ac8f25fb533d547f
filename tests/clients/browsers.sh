#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
#
# Chromium and Firefox ESR with the module, installed, and found as README says: a TLS server demands a certificate, the PIN is typed
# into the browser's own dialog.
. "${top_srcdir:-.}/tests/lib/card.sh"
. "$top_srcdir/tests/lib/client.sh"
. "$top_srcdir/tests/integration/module_token.sh"
. "$top_srcdir/tests/clients/tls.sh"
. "$top_srcdir/tests/clients/display.sh"
. "$top_srcdir/tests/clients/installed.sh"

for need in pkcs11-tool modutil certutil jq make Xvfb openbox xdotool scrot; do
	command -v "$need" >/dev/null || tap_skip_all "$need is not installed"
done
cd "$CARD_DIR" || exit 1
export HOME=$CARD_DIR XDG_CONFIG_HOME=$CARD_DIR/config XDG_CACHE_HOME=$CARD_DIR/cache XDG_RUNTIME_DIR=$CARD_DIR/run
export TMPDIR=$CARD_DIR # what they leave behind goes with it
unset DBUS_SESSION_BUS_ADDRESS
mkdir -m 700 run
export COUNTERSIGN_TRACE=$CARD_DIR/trace

# Three servers, each with a CA of its own, so that each is content with one of the certificates only.
tap_ok "a token is made" token_make
usage=(keyUsage=digitalSignature extendedKeyUsage=clientAuth)
mkdir ec rsa always
for kind in "ec 03 4433 P-256" "rsa 01 4434 RSA" "always 02 4435 PIN each time"; do
	read -r folder id port name <<<"$kind"
	next="<meta http-equiv=\"refresh\" content=\"5; url=https://localhost:$((port + 1))/page.html\">" # a page leads to the next one
	[ "$folder" != always ] || next=
	cd "$CARD_DIR/$folder" || exit 1
	ca_make "CA for $name"
	tap_ok "a certificate for the key of $name" token_certify "$id" "/CN=Ada with $name" "${usage[@]}"
	echo "<title>Welcome, $name</title>$next Only who shows a certificate of $name sees this page." >page.html
	tls_pages "$port"
done
cd "$CARD_DIR" || exit 1
display_start

# The programs have the module from where make install puts it, told of it by what README says.
install()
{
	installed_usual && installed_make install && installed_over usr/local
}
tap_run install
if [ "$tap_status" -ne 0 ]; then
	tap_skip "make install" "the build was configured for another place than the one README speaks of, or this kernel has no overlay file system"
	installed_module=$(realpath "$CARD_MODULE")
fi

# browser_told FOLDER PROGRAM N: there is NSS's database then, in which the browser finds the module; and the CAs.
browser_told()
{
	local ca
	tap_ok "as README says" bash -c "$(readme "$2" "$3")"
	for ca in ec rsa always; do
		certutil -A -d "sql:$1" -n "$ca" -t CT,C,C -i "$ca/ca.pem"
	done
}

# How many times the card has been shown a wrong PIN.
wrong_pins()
{
	grep -cE ' 00 20 00 80 Lc=8 .*-> 63C' "$COUNTERSIGN_TRACE"
}
another_wrong_pin()
{
	local times=60
	until [ "$(wrong_pins)" -gt "$1" ]; do
		times=$((times - 1))
		[ "$times" -gt 0 ] || return 1
		display_pause
	done
	return 0
}

# The server saw who came.
served()
{
	grep -qE "depth=0 CN ?= ?Ada with $2" "$1/server.$3.log"
}

# The third page's key is good for one use after each PIN. A browser that does not ask again has the login's, for one of the two
# connections that it opens at once: that may be the page's.
each_time()
{
	local name=$1 dialog=$2 how=$3 row="a key that wants its PIN each time" asked=0 times=240
	until display_await "^Welcome, PIN each time" 1; do
		if display_await "$dialog" 1; then
			asked=$((asked + 1))
			display_type "$PIN"
			display_gone
		elif [ "$how" = display_return_until ]; then
			xdotool key Return
		elif grep -q 'alert internal error' always/server.4435.log; then
			break
		fi
		times=$((times - 1))
		[ "$times" -gt 0 ] || break
		display_pause
	done
	if [ "$asked" -eq 0 ] && [ "$times" -gt 0 ]; then
		tap_skip "$row" "it does not ask for it again: such a key is good for one connection after a login"
		return
	fi
	tap_ok "$row: the page is there" display_await "^Welcome, PIN each time" || display_shot "$name-failed"
	tap_ok "$row: the server saw whose it is" served always "PIN each time" 4435
}

# visit NAME DIALOG HOW COMMAND...: a browser is started on the page of P-256, which sends it on to that of RSA. It shows the certificates
# that it may present, the first of them selected, and HOW is display_return_until; or it takes that by itself, and HOW is display_await.
visit()
{
	local name=$1 dialog=$2 how=$3 browser before
	shift 3
	: >ec/server.4433.log
	: >rsa/server.4434.log
	: >always/server.4435.log
	"$@" https://localhost:4433/page.html >"$name.log" 2>&1 {tap_fd}>&- &
	browser=$!
	card_at_exit "kill $browser 2>/dev/null"
	tap_ok "asks for the PIN" "$how" "$dialog" 120 || display_shot "$name-failed"
	before=$(wrong_pins)
	display_type 999999
	tap_ok "a wrong PIN: the card is shown it" another_wrong_pin "$before"
	tap_ok "a wrong PIN: it asks again" display_await "$dialog"
	tap_ok "a wrong PIN: a picture of the dialog is kept, $name-pin.png" display_shot "$name-pin"
	display_type "$PIN"
	tap_ok "TLS client certificate, P-256: the page is there" display_await "^Welcome, P-256"
	tap_ok "TLS client certificate, P-256: the server saw whose it is" served ec P-256 4433
	tap_ok "TLS client certificate, P-256: a picture of the page is kept, $name-page.png" display_shot "$name-page"
	tap_ok "TLS client certificate, RSA: the page is there, without another PIN" "$how" "^Welcome, RSA" 120 || display_shot "$name-failed"
	tap_ok "TLS client certificate, RSA: the server saw whose it is" served rsa RSA 4434
	each_time "$name" "$dialog" "$how"
	kill "$browser"
	wait "$browser" 2>/dev/null
}

if command -v chromium >/dev/null; then
	client_begin chromium chromium:1 "as README says" "asks for the PIN" "a wrong PIN" "TLS client certificate, P-256" \
		"TLS client certificate, RSA" "a key that wants its PIN each time"
	browser_told .pki/nssdb Chromium 1
	visit chromium "^Unlock Security Device" display_return_until chromium --no-sandbox --no-first-run --password-store=basic --disable-gpu \
		--disable-component-update --disable-background-networking --user-data-dir="$CARD_DIR/chromium"
	client_end
else
	tap_skip "chromium" "it is not installed"
fi

# firefox_profile FOLDER: where it asks nothing that has nothing to do with this.
firefox_profile()
{
	mkdir -p "$1"
	cat >"$1/user.js" <<-'END'
		user_pref("app.normandy.enabled", false);
		user_pref("browser.aboutwelcome.enabled", false);
		user_pref("browser.preonboarding.enabled", false);
		user_pref("browser.shell.checkDefaultBrowser", false);
		user_pref("datareporting.policy.dataSubmissionEnabled", false);
		user_pref("datareporting.policy.firstRunURL", "");
		user_pref("network.captive-portal-service.enabled", false);
		user_pref("security.default_personal_cert", "Select Automatically");
		user_pref("termsofuse.bypassNotification", true);
	END
}

# What an administrator writes in /etc/firefox/policies, which is there in this namespace only.
firefox_policies()
{
	mkdir policies
	mount -t tmpfs tmpfs policies && mkdir policies/upper policies/work &&
		mount -t overlay -o lowerdir=/etc,upperdir=policies/upper,workdir=policies/work overlay /etc || return
	card_at_exit "umount /etc '$CARD_DIR/policies'"
	mkdir -p "$(dirname "$(readme Firefox 1)")"
	readme Firefox 2 | jq --arg ca "$CARD_DIR/ec/ca.pem" '.policies.Certificates.Install = [$ca]' >"$(readme Firefox 1)"
}

firefox_start()
{
	local profile=$1
	shift
	firefox-esr --no-remote --profile "$CARD_DIR/$profile" "$@" >"$profile.log" 2>&1 {tap_fd}>&- &
	firefox=$!
	card_at_exit "kill $firefox 2>/dev/null"
}
firefox_end()
{
	kill "$firefox"
	wait "$firefox" 2>/dev/null
}

# page_in PROFILE ROW: one page, for which it needs the module.
page_in()
{
	: >ec/server.4433.log
	firefox_start "$1" https://localhost:4433/page.html
	tap_ok "$2: asks for the PIN" display_await "^Password Required" || display_shot "firefox-$1-failed"
	display_type "$PIN"
	tap_ok "$2: the page is there" display_await "^Welcome, P-256"
	tap_ok "$2: the server saw whose it is" served ec P-256 4433
	firefox_end
}

# A person at the window that Settings has a button for: Load, the file's name into the second field, OK.
by_dialog()
{
	local row="Security Devices, Load"
	firefox_profile dialog
	firefox_start dialog -chrome chrome://pippki/content/device_manager.xhtml
	tap_ok "$row: the window is there" display_await "^Device Manager"
	xdotool windowactivate --sync "$display_window" key alt+l
	tap_ok "$row: it asks for the file" display_await "^Load PKCS#11 Device Driver" || display_shot firefox-dialog-failed
	xdotool windowactivate --sync "$display_window" key Tab
	display_type "$installed_module"
	tap_ok "$row: it takes the module" display_gone
	firefox_end
	tap_like "$row: the profile has it" "$(modutil -dbdir sql:dialog -list 2>&1)" "library name: $installed_module"
	certutil -A -d sql:dialog -n ec -t CT,C,C -i ec/ca.pem
	page_in dialog "$row"
}

if command -v firefox-esr >/dev/null; then
	client_begin firefox-esr firefox-esr:1 "as README says" "asks for the PIN" "a wrong PIN" "TLS client certificate, P-256" \
		"TLS client certificate, RSA" "a key that wants its PIN each time" "Security Devices, Load" "policies.json"
	firefox_profile PROFILE
	browser_told PROFILE Firefox 3
	visit firefox "^Password Required" display_await firefox-esr --no-remote --profile "$CARD_DIR/PROFILE"
	by_dialog
	if firefox_policies; then
		firefox_profile policy # new: nobody has clicked on anything, and no program has written into it
		page_in policy policies.json
	else
		tap_skip "policies.json" "no file can be put into /etc here"
	fi
	client_end
else
	tap_skip "firefox-esr" "it is not installed"
fi
tap_done
