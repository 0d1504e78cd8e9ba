# An import of a name that the file does not have.
import "_module.icl" only scale, scala
print scale(2.0), scala
