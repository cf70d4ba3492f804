# vde_warnings(TARGET): the warnings every target of this project is held to.
function(vde_warnings target)
  target_compile_options(${target} PRIVATE
    -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wold-style-cast
    -Wnon-virtual-dtor -Woverloaded-virtual -Wimplicit-fallthrough -Wcast-align -Wdouble-promotion)
  if(VDE_WERROR)
    target_compile_options(${target} PRIVATE -Werror)
  endif()
endfunction()
