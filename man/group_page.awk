# Makes the page of a group of commands from vdetool.1:
#   awk -v group=tag -v does="set and find tags" -v parts="Queries" -f group_page.awk vdetool.1
# `group` is the first word of its commands, `parts` the subsections that belong to it, with commas.
BEGIN {
  count = split(parts, names, ",")
  for (i = 1; i <= count; i++) is_part[names[i]] = 1
}
NR == 1 { date = $0 }
/^\.Sh/ { section = $2; depth = 0; shown = 0; subsection = 0 }

# The command that a line of the SYNOPSIS or an item of the DESCRIPTION begins with.
function is_ours(command) { return command == group || index(command, group "-") == 1 }

section == "SYNOPSIS" && /^\.Nm$/ { held = 1; shown = 0; next }
section == "SYNOPSIS" && held { held = 0; shown = is_ours($2); if (shown) synopsis = synopsis ".Nm vdetool\n" }
section == "SYNOPSIS" && shown { synopsis = synopsis $0 "\n" }

section == "DESCRIPTION" && /^\.Ss/ {
  name = $0
  sub(/^\.Ss /, "", name)
  subsection = name in is_part
  depth = -1
}
section == "DESCRIPTION" && depth == -1 { if (subsection) rest = rest line($0) "\n"; next }
section == "DESCRIPTION" && /^\.Bl/ { depth++; if (depth == 1) { lists++; next } }
section == "DESCRIPTION" && depth == 1 && /^\.It/ { shown = lists == 1 && is_ours($3) }
section == "DESCRIPTION" && /^\.El/ { depth--; if (depth == 0) { shown = 0; next } }
section == "DESCRIPTION" && depth > 0 && shown { items = items line($0) "\n" }

# Without a name, .Nm would be the name of this page.
function line(text) { return text == ".Nm" ? ".Nm vdetool" : text }

END {
  if (synopsis == "" || items == "") {
    print "group_page.awk: nothing about " group > "/dev/stderr"
    exit 1
  }
  page = "vdetool-" group
  printf "%s\n.Dt %s 1\n.Os\n.Sh NAME\n.Nm %s\n.Nd %s\n", date, toupper(page), page, does
  printf ".Sh SYNOPSIS\n%s.Sh DESCRIPTION\n", synopsis
  printf "These are commands of\n.Xr vdetool 1 ,\nwhich describes global options, JSON, files and exit status, too.\n"
  printf ".Bl -tag -width Ds\n%s.El\n%s.Sh SEE ALSO\n.Xr vdetool 1 ,\n.Xr dwvd 5\n", items, rest
}
