# Writes the files named on the command line as the C table of lang/std.h. Run with LC_ALL=C: bytes, not characters.
function quote(line) {
    gsub(/\\/, "\\\\", line)
    gsub(/"/, "\\\"", line)
    gsub(/\t/, "\\t", line)
    gsub(/\r/, "\\r", line)
    return "\"" line "\\n\""
}
function close_file() {
    if (count) print ";"
}
BEGIN {
    print "/* Made from lang/std by lang/std/embed.awk. */"
    print "#include \"lang/std.h\"\n"
}
FNR == 1 {
    close_file()
    name = FILENAME
    sub(/.*\//, "", name)
    names[count++] = name
    print "static const char text_" count - 1 "[] ="
}
{ print "    " quote($0) }
END {
    close_file()
    print "\nconst struct std_file std_files[] = {"
    for (i = 0; i < count; i++) print "    {\"" names[i] "\", text_" i ", sizeof text_" i " - 1},"
    print "    {0, 0, 0},\n};"
    print "const int std_files_count = " count + 0 ";"
}
