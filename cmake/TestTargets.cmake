# vde_test_target(TARGET): what every target of the tests has. Its files are compiled as one, which
# takes half the time; what is local to a file must then have a name of its own in its target.
# How much it does by itself (tests/support/effort.h) is its property VDE_EFFORT.
function(vde_test_target name)
  set_target_properties(${name} PROPERTIES UNITY_BUILD ON UNITY_BUILD_BATCH_SIZE 8 VDE_EFFORT 1)
  target_compile_definitions(${name} PRIVATE
    VDE_TEST_EFFORT_DEFAULT=$<TARGET_PROPERTY:${name},VDE_EFFORT>)
  vde_sanitized_effort(${name} 0.2)
  vde_warnings(${name})
endfunction()

# vde_sanitized_effort(TARGET EFFORT): how much a test does under sanitizers. Smaller than usual where
# they slow it down the most, larger where there is little to leave out.
function(vde_sanitized_effort name effort)
  if(VDE_SANITIZE)
    set_target_properties(${name} PROPERTIES VDE_EFFORT ${effort})
  endif()
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
