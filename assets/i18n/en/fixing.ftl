# Looking for what fixes every problem of a large graph.
fixing = Looking for fixes of all problems
fixing-no-thread = The system gives no thread to look for fixes: close other programs and try again
