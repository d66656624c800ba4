/* Loads the module that ns-3 is in. It stays loaded. */
#include <dlfcn.h>

#include "ns3_shim.h"

const struct ns3_shim *ns3_load(const char **why) {
    static const struct ns3_shim *shim;
    if (shim)
        return shim;
    void *module = dlopen("libtssb-ns3.so", RTLD_NOW | RTLD_LOCAL);
    if (module)
        shim = dlsym(module, "ns3_shim");
    if (!shim)
        *why = dlerror();
    return shim;
}
