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
# Of the key that wants its PIN each time a first page and a second, for who does not come by the others. The second has a server of its
# own: nobody resumes there what he began with the first.
echo "<title>Welcome, once</title><meta http-equiv=\"refresh\" content=\"5; url=https://localhost:4436/again.html\">" >once.html
echo "<title>Welcome, again</title>" >again.html
tls_pages 4436
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

# The third page's key is good for one use after each PIN, which Chromium asks for.
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
		fi
		times=$((times - 1))
		[ "$times" -gt 0 ] || break
		display_pause
	done
	tap_like "$row: it asks for it again" "$asked" "^[1-9]"
	tap_ok "$row: the page is there" display_await "^Welcome, PIN each time" || display_shot "$name-failed"
	tap_ok "$row: the server saw whose it is" served always "PIN each time" 4435
}

# visit NAME DIALOG HOW COMMAND...: a browser is started on the page of P-256, which sends it on to that of RSA. It shows the certificates
# that it may present, the first of them selected, and HOW is display_return_until; or it takes that by itself, and HOW is display_await.
visit()
{
	local name=$1 dialog=$2 how=$3 before
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
}
browser_end()
{
	kill "$browser"
	wait "$browser" 2>/dev/null
}

if command -v chromium >/dev/null; then
	client_begin chromium chromium:1 "as README says" "asks for the PIN" "a wrong PIN" "TLS client certificate, P-256" \
		"TLS client certificate, RSA" "a key that wants its PIN each time"
	browser_told .pki/nssdb Chromium 1
	visit chromium "^Unlock Security Device" display_return_until chromium --no-sandbox --no-first-run --password-store=basic --disable-gpu \
		--disable-component-update --disable-background-networking --user-data-dir="$CARD_DIR/chromium"
	each_time chromium "^Unlock Security Device" display_return_until
	browser_end
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
	browser=$!
	card_at_exit "kill $browser 2>/dev/null"
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
	browser_end
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
	browser_end
	tap_like "$row: the profile has it" "$(modutil -dbdir sql:dialog -list 2>&1)" "library name: $installed_module"
	certutil -A -d sql:dialog -n ec -t CT,C,C -i ec/ca.pem
	page_in dialog "$row"
}

# What Firefox asked of the module, by NSS's log; a line begins with the thread that asked.
signatures()
{
	awk '/: C_Sign(Final)?$/ { signs[$1] = 1 } / rv = / && signs[$1] { print $NF; signs[$1] = 0 }' calls.log | xargs
}
# It has given the module a PIN for a key's next use: CKU_CONTEXT_SPECIFIC.
gave_pin_again()
{
	grep -q 'userType = 0x2$' calls.log
}

# always_visit PROFILE ROW: straight to the page of the key that wants its PIN each time. Firefox opens one connection for a page then,
# no other beforehand and none for a picture of the site, and which of them has the login's PIN is no chance.
always_visit()
{
	local profile=$1 row=$2
	firefox_profile "$profile"
	cat >>"$profile/user.js" <<-'END'
		user_pref("browser.chrome.site_icons", false);
		user_pref("network.http.connection-retry-timeout", 0);
		user_pref("network.http.speculative-parallel-limit", 0);
	END
	modutil -force -dbdir "sql:$profile" -add countersign -libfile "$installed_module" >modutil.log 2>&1
	certutil -A -d "sql:$profile" -n always -t CT,C,C -i always/ca.pem
	: >always/server.4435.log
	: >always/server.4436.log
	: >"$COUNTERSIGN_TRACE"
	rm -f calls.log
	NSPR_LOG_FILE=$CARD_DIR/calls.log NSPR_LOG_MODULES=sync,nss_mod_log:4 NSS_DEBUG_PKCS11_MODULE=countersign \
		firefox_start "$profile" https://localhost:4435/once.html
	tap_ok "$row: asks for the PIN" display_await "^Password Required" || display_shot "firefox-$profile-failed"
	display_type "$PIN"
	tap_ok "$row: the page is there" display_await "^Welcome, once" || display_shot "firefox-$profile-failed"
	tap_ok "$row: the server saw whose it is" served always "PIN each time" 4435
}

# Until the second page is there, or the server was told that it will not be.
always_again()
{
	local times=240
	until display_await "^Welcome, again" 1 || grep -q 'alert internal error' always/server.4436.log; do
		times=$((times - 1))
		[ "$times" -gt 0 ] || return 1
		display_pause
	done
	return 0
}

# The login's PIN is good for one use of such a key; for another the module wants it once more (C_Login with CKU_CONTEXT_SPECIFIC). That
# Firefox never gives it is told only where the module has done its part: it has signed, and it refused for want of that.
always_in_firefox()
{
	local row="a key that wants its PIN each time" first="a key that wants its PIN each time, after a login"
	always_visit always_once "$first"
	tap_ok "$first: the second page is there, or refused" always_again
	browser_end
	cp "$COUNTERSIGN_TRACE" always.trace
	if [ -n "$display_window" ] || gave_pin_again; then
		tap_ok "$row, again: it gave the PIN" gave_pin_again
		tap_ok "$row, again: the server saw whose it is" served always "PIN each time" 4436
	else
		tap_like "$first: the module says of it what it is" "$(token_tool -O --login --pin "$PIN" --type privkey --id 02 2>&1)" "always authenticate" &&
			tap_is "$first: the module signs, and then says that it wants the PIN" "$(signatures)" "CKR_OK CKR_USER_NOT_LOGGED_IN" &&
			tap_is "$first: the card has seen the PIN once" "$(grep -c ' 00 20 00 80 Lc=8 ' always.trace)" 1 &&
			tap_is "$first: the card has signed once" "$(grep -c ' 00 87 ' always.trace)" 1 &&
			tap_skip "$row, again" "it never calls C_Login for the context: such a key is good for one connection after a login"
	fi
	echo 'pin_reuse = on' >reuse.conf
	COUNTERSIGN_PKCS11_CONF=$CARD_DIR/reuse.conf always_visit always_reuse "$row, with pin_reuse"
	tap_ok "$row, with pin_reuse: the second page is there" display_await "^Welcome, again"
	tap_ok "$row, with pin_reuse: the server saw whose that is" served always "PIN each time" 4436
	browser_end
}

if command -v firefox-esr >/dev/null; then
	client_begin firefox-esr firefox-esr:1 "as README says" "asks for the PIN" "a wrong PIN" "TLS client certificate, P-256" \
		"TLS client certificate, RSA" "a key that wants its PIN each time, after a login" "a key that wants its PIN each time, again" \
		"a key that wants its PIN each time, with pin_reuse" "Security Devices, Load" "policies.json"
	firefox_profile PROFILE
	browser_told PROFILE Firefox 3
	visit firefox "^Password Required" display_await firefox-esr --no-remote --profile "$CARD_DIR/PROFILE"
	browser_end
	always_in_firefox
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
