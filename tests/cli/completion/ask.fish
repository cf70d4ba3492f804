# ask.fish SCRIPT LINES: what fish offers at the end of each line.
source $argv[1]
while read -l line
    echo "? $line"
    # The description follows a tab. "--format=json" offers the value for us.
    complete -C "$line" | string replace -r '\t.*' '' | string replace -r '^--[a-z-]+=' '' | string replace -a '\\ ' ' '
end <$argv[2]
exit 0
