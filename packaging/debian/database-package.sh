# What the postinst of multiflexi-sqlite, multiflexi-mysql and multiflexi-postgresql do, which differ in a few words.
# multiflexi-cli brings this file along, as /usr/share/multiflexi/database-package.sh: it is configured before they are.
# Sourced with `set -e`, debconf and dbconfig-common's postinst loaded, and PACKAGE and KIND (sqlite, mysql, pgsql) set.
#
# dbconfig-common makes the database and its account, and no more. It neither waits for a server nor fails without one
# when nobody can be asked, and on dpkg-reconfigure it dumps and drops the database; each of the three is prevented here.

settings=/etc/multiflexi/multiflexi.env
# The settings that this package has written last, by which an administrator's changes are known; and while
# multiflexi.env names another database, the file for `db:switch --to-env`.
ours=/etc/multiflexi/$PACKAGE.env
patience=60

say() {
	echo "$PACKAGE: $*" >&2
}

# The package stays unconfigured; what is named here finishes the job.
give_up() {
	say "$1"
	say "Next: $2, then run: dpkg --configure -a"
	exit 1
}

# As the platform's account, and with nothing of root's environment.
as_multiflexi() {
	runuser -u multiflexi -- env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/var/lib/multiflexi "$@"
}

cli() {
	as_multiflexi /usr/bin/multiflexi-cli --no-input --no-ansi "$@"
}

# For images: everything that needs a server is left for later.
is_image() {
	[ "${MULTIFLEXI_NOMIGRATE:-}" = 1 ]
}

# Whether dbconfig-common is to make the database: neither dbconfig-no-thanks nor the answer to its question says no.
is_wanted() {
	! dbc_no_thanks && db_get "$PACKAGE/dbconfig-install" && [ "$RET" = true ]
}

answer() {
	db_get "$PACKAGE/$1" || RET=
	echo "$RET"
}

# The kind of database that multiflexi.env names; empty where it names none.
named_kind() {
	case $(sed -n 's/^[[:space:]]*\(export[[:space:]]\+\)\?DB_CONNECTION[[:space:]]*=//p' "$settings" | tail -n 1 | tr '[:upper:]' '[:lower:]') in
	*sqlite*) echo sqlite ;;
	*mysql* | *mariadb*) echo mysql ;;
	*pg* | *postgres*) echo pgsql ;;
	?*) echo other ;;
	esac
}

make_settings_file() {
	[ -d /etc/multiflexi ] || install -d -o root -g multiflexi -m 0750 /etc/multiflexi
	[ -e "$settings" ] || install -o root -g multiflexi -m 0640 /dev/null "$settings"
}

# Sets place_* to where the database is: what the program has to know of it besides the account.
# $1 host as dbconfig-common has it, blank for this machine; $2 port; $3 name or, for SQLite, file
locate() {
	place_host='' place_port='' place_socket='' place_database=$3
	[ "$KIND" != sqlite ] || return 0
	case $1 in
	'' | localhost)
		if [ "$KIND" = mysql ]; then
			place_socket=$(my_print_defaults client 2>/dev/null | sed -n 's/^--socket=//p' | tail -n 1)
			[ -n "$place_socket" ] || place_socket=/run/mysqld/mysqld.sock
		elif [ "$(answer pgsql/authmethod-user)" = ident ]; then
			place_socket=/run/postgresql
		else
			place_host=127.0.0.1 place_port=${2:-$(local_postgresql_port)}
		fi
		;;
	*) place_host=$1 place_port=$2 ;;
	esac
}

# Debian numbers a second cluster's port 5433, and psql without a port takes the first.
local_postgresql_port() {
	pg_lsclusters --no-header 2>/dev/null | awk '{ print $3; exit }'
}

# Whether the server answers, be it by refusing a login: the account may not be there yet. Waits $1 seconds at most.
answers() {
	reply=$(as_multiflexi "DB_CONNECTION=$KIND" "DB_HOST=$place_host" "DB_PORT=$place_port" "DB_SOCKET=$place_socket" \
		"DB_DATABASE=$place_database" DB_USERNAME=multiflexi \
		/usr/bin/multiflexi-cli db:status --no-input -f json --wait-for-database "$1" 2>&1 || true)
	case $reply in
	*'"SERVER_UNREACHABLE"'*) return 1 ;;
	esac
}

# Whether a server of this machine is installed in this very run, and not configured yet: then waiting for it would be
# waiting for ourselves.
is_coming() {
	[ "$KIND" != sqlite ] && [ -z "$(remote_host)" ] || return 1
	for server in $SERVERS; do
		# By name, as in postgresql-15; blank for what is not known at all.
		dpkg-query -W -f '${db:Status-Want} ${db:Status-Status}\n' "$server" 2>/dev/null |
			grep -Eq '^(install|hold) (unpacked|half-configured|half-installed)$' && return 0
	done
	return 1
}

remote_host() {
	case $(answer remote/host) in
	'' | localhost) ;;
	*) answer remote/host ;;
	esac
}

# Makes the database and its account, unless they are there. $1 the version that was configured before
provision() {
	# None of dbconfig-common's own names: its functions find a variable of ours where theirs is not set yet.
	db_get "$PACKAGE/internal/reconfiguring" || RET=false
	is_reconfigured=$RET
	db_get "$PACKAGE/dbconfig-reinstall" || RET=false
	if [ ! -e "$ours" ] || { [ "$is_reconfigured" = true ] && [ "$RET" = true ]; }; then
		make_database
	else
		# It writes down answers that were given anew, and leaves the database alone.
		dbc_go "$PACKAGE" configure "${1:-0}"
	fi
	[ "$dbc_install" = true ] || return 0
	if [ "$KIND" = sqlite ]; then
		locate '' '' "$dbc_basepath/$dbc_dbname"
	else
		locate "$dbc_dbserver" "$dbc_dbport" "$dbc_dbname"
	fi
	write_settings
}

make_database() {
	locate "$(remote_host)" "$(answer remote/port)" multiflexi
	wait_s=$patience
	! is_image || wait_s=0
	if [ "$KIND" != sqlite ] && ! answers "$wait_s"; then
		is_image || give_up "$(echo "$reply" | sed -n 's/^ *"message": "\(.*\)",*$/\1/p')" "start the server"
		say "no server answers; to make the database later, run: dpkg-reconfigure $PACKAGE"
		dbc_install=false
		return 0
	fi
	# As if for the first time: whatever is there already is kept. With the version that was installed before it would,
	# after dpkg-reconfigure, first drop the database.
	unset reconfiguring upgrading
	dbc_go "$PACKAGE" configure ''
}

# $ours always, and multiflexi.env unless it names another database or an administrator has changed what is in it.
write_settings() {
	if write_into "$settings" --replaces "$ours"; then
		:
	elif [ $? -ne 5 ]; then
		give_up "the settings cannot be written into $settings (see above)" "correct that"
	fi
	install -o root -g multiflexi -m 0640 /dev/null "$ours.new"
	write_into "$ours.new" || give_up "the settings cannot be written into $ours (see above)" "correct that"
	mv "$ours.new" "$ours"
}

# The password is in the environment, which nobody but root can read; not in an argument.
write_into() (
	into=$1
	shift
	for name in $(env | sed -n 's/^\(DB_[A-Z_]*\)=.*/\1/p'); do unset "$name"; done
	export DB_CONNECTION="$KIND" DB_DATABASE="$place_database"
	if [ "$KIND" != sqlite ]; then
		export DB_HOST="$place_host" DB_PORT="$place_port" DB_SOCKET="$place_socket" DB_USERNAME="$dbc_dbuser"
		[ "$dbc_authmethod_user" = ident ] || export DB_PASSWORD="$dbc_dbpass"
		[ "$dbc_ssl" != true ] || export DB_TLS=require
	fi
	/usr/bin/multiflexi-cli settings:write --into "$into" "$@" >/dev/null
)

# The database that multiflexi.env names must be there, and gets this version's schema.
migrate() {
	status=0
	cli db:status --wait-for-database "$patience" >/dev/null || status=$?
	case $status in
	0 | 3) ;;
	2)
		say "the database is newer than this version: what the newer one has applied is reverted"
		cli db:rollback --unknown || give_up "it cannot be reverted without a decision of yours" \
			"run: runuser -u multiflexi -- multiflexi-cli db:rollback --unknown"
		;;
	*)
		give_up "the database that $settings names cannot be used" "correct that"
		;;
	esac
	cli db:migrate --wait-for-database "$patience" || give_up "the migrations have failed" \
		"correct what is named above (runuser -u multiflexi -- multiflexi-cli db:migrate shows it again)"
}

# $1 the version that was configured before, blank for a first installation
configure_database() {
	make_settings_file
	if is_wanted && { [ -e "/etc/dbconfig-common/$PACKAGE.conf" ] || [ "$(named_kind)" != "$KIND" ]; }; then
		provision "${1:-}"
	fi
	case $(named_kind) in
	"$KIND")
		if is_image; then
			say "MULTIFLEXI_NOMIGRATE=1: to migrate, run: runuser -u multiflexi -- multiflexi-cli db:migrate"
		else
			migrate
		fi
		;;
	'')
		is_image || give_up "no database is configured" "put its DB_* settings into $settings"
		;;
	*) stand_by "${1:-}" ;;
	esac
	if [ -e "$ours" ] && ! cmp -s "$ours" "$settings"; then tell_of_switch; fi
}

# $1 the triggers, with blanks between them: of a server that was waited for, or of another version of the program
continue_after() {
	case " $1 " in
	*" $PACKAGE-server "*) configure_database '' ;;
	*) ! is_in_use || is_image || migrate ;;
	esac
}

# Whether multiflexi.env names a database of this package's kind.
is_in_use() {
	[ -e "$settings" ] && [ "$(named_kind)" = "$KIND" ]
}

# multiflexi.env names a database of another kind, and is kept: an empty database must not take its place.
stand_by() {
	[ -e "$ours" ] || return 0
	# Whether it can be reached is a matter of the installation, not of each upgrade: nobody uses it yet.
	[ -z "$1" ] && ! is_image || return 0
	status=0
	cli db:status -e "$ours" --wait-for-database "$patience" >/dev/null || status=$?
	case $status in
	0 | 3) ;;
	*) give_up "the new database cannot be used (see above)" "correct that" ;;
	esac
}

tell_of_switch() {
	case $(named_kind) in
	"$KIND") return 0 ;;
	esac
	say "$settings names another database, and is kept. To move the platform to the new one, run:"
	say "multiflexi-cli db:switch --to-env $ours"
}
