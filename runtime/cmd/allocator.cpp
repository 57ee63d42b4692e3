// How jemalloc is to work, where it is linked (MUSTER_JEMALLOC); nobody reads this where it is not.

// One arena: most objects are freed by another thread than the one that made them, so arenas of their own would not
// keep the threads apart, but each would hold pages. The threads' caches do keep them apart; large pieces are not worth
// keeping there, and pages that are free go back to the system soon: together 3 % of a full server's memory, for no
// CPU.
extern "C" const char* const malloc_conf;
extern "C" const char* const malloc_conf = "narenas:1,dirty_decay_ms:500,muzzy_decay_ms:0,tcache_max:4096";
