# A model is measured: prompts are drawn and read.
language 1
import "w2.icl" only sparse, reader

option width: int = 64
print risk(init(reader(4, 8, width), sparse()), sparse(), trials = 64)
