// How jemalloc is to work, where it is linked (MUSTER_JEMALLOC); nobody reads this where it is not.

// One arena: most objects are freed by another thread than the one that made them, so arenas of their own would not
// keep the threads apart, but each would hold pages. The threads' caches do keep them apart.
extern "C" const char* const malloc_conf;
extern "C" const char* const malloc_conf = "narenas:1";
