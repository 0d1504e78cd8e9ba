# The prompts of recorded.icl, entry by entry: record.py runs this and reads what it prints.
language 1

fn sparse_prompts() { return sparse_linear(10, d = 6, s = 2) }
fn few_prompts() { return sparse_linear(8, d = 12, s = 3, sigma = 0.3) }
fn tree_prompts() { return decision_tree(4, d = 6, depth = 3) }
fn network_prompts() { return relu_network(4, d = 6, hidden = 8) }

algorithm x_entry(i: int, j: int) given X[n, d], y[n], q[d] { predict X[i, j] }
algorithm y_entry(i: int) given X[n, d], y[n], q[d] { predict y[i] }
algorithm q_entry(j: int) given X[n, d], y[n], q[d] { predict q[j] }
algorithm feature_entry(i: int) given X[n, d], y[n], q[d] knowing feature[k] { predict feature[i] }
algorithm leaf_entry(i: int) given X[n, d], y[n], q[d] knowing leaf[k] { predict leaf[i] }
algorithm v_entry(i: int, j: int) given X[n, d], y[n], q[d] knowing v[d, k] { predict v[i, j] }
algorithm a_entry(i: int) given X[n, d], y[n], q[d] knowing a[k] { predict a[i] }

print "sparse X"
print [predictions(x_entry(i, j), sparse_prompts(), trials = 24, seed = 11) for i in 0:10, j in 0:6]
print "sparse y"
print [predictions(y_entry(i), sparse_prompts(), trials = 24, seed = 11) for i in 0:10]
print "sparse q"
print [predictions(q_entry(j), sparse_prompts(), trials = 24, seed = 11) for j in 0:6]
print "few X"
print [predictions(x_entry(i, j), few_prompts(), trials = 24, seed = 12) for i in 0:8, j in 0:12]
print "few y"
print [predictions(y_entry(i), few_prompts(), trials = 24, seed = 12) for i in 0:8]
print "few q"
print [predictions(q_entry(j), few_prompts(), trials = 24, seed = 12) for j in 0:12]
print "tree X"
print [predictions(x_entry(i, j), tree_prompts(), trials = 12, seed = 13) for i in 0:4, j in 0:6]
print "tree feature"
print [predictions(feature_entry(i), tree_prompts(), trials = 12, seed = 13) for i in 0:7]
print "tree leaf"
print [predictions(leaf_entry(i), tree_prompts(), trials = 12, seed = 13) for i in 0:8]
print "network X"
print [predictions(x_entry(i, j), network_prompts(), trials = 12, seed = 14) for i in 0:4, j in 0:6]
print "network v"
print [predictions(v_entry(i, j), network_prompts(), trials = 12, seed = 14) for i in 0:6, j in 0:8]
print "network a"
print [predictions(a_entry(i), network_prompts(), trials = 12, seed = 14) for i in 0:8]
