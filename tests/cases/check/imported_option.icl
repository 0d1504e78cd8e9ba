# An option that only the importing script reads.
language 1
import "_options.icl" only scaled, count
print scaled(1.0) * count
