# vde_test_target(TARGET): what every target of the tests has. Its files are compiled as one, which
# takes half the time; what is local to a file must then have a name of its own in its target.
function(vde_test_target name)
  set_target_properties(${name} PROPERTIES UNITY_BUILD ON UNITY_BUILD_BATCH_SIZE 8)
  vde_warnings(${name})
endfunction()

# vde_test(NAME SOURCES...): a doctest program that ctest runs as NAME.
function(vde_test name)
  add_executable(${name} ${ARGN})
  target_link_libraries(${name} PRIVATE vde_test_support)
  vde_test_target(${name})
  # Their own code is quick anyway; to optimise it takes a quarter of the build.
  target_compile_options(${name} PRIVATE $<$<CONFIG:RelWithDebInfo>:-O1> $<$<CONFIG:Debug>:-O0>)
  add_test(NAME ${name} COMMAND ${name})
endfunction()
