# All checks together (.ci/run) build and run each test once: those marked as optimised in the release
# build, the others in that with sanitizers.
option(VDE_TESTS_ONCE "Leave out the tests that the other build of all checks runs" OFF)

# vde_test_target(TARGET): what every target of the tests has. Its files are compiled as one, which
# takes half the time; what is local to a file must then have a name of its own in its target.
# How much it does by itself (tests/support/effort.h) is its property VDE_EFFORT.
function(vde_test_target name)
  # To optimise them fully takes a quarter of the build. Not at all would be slow: templates that the
  # library uses, too, are taken from here.
  target_compile_options(${name} PRIVATE $<$<CONFIG:RelWithDebInfo>:-O1>
    $<$<CONFIG:RelWithDebInfo>:-g0> $<$<CONFIG:Debug>:-O0>)
  set_target_properties(${name} PROPERTIES UNITY_BUILD ON UNITY_BUILD_BATCH_SIZE 8 VDE_EFFORT 1)
  target_compile_definitions(${name} PRIVATE
    VDE_TEST_EFFORT_DEFAULT=$<TARGET_PROPERTY:${name},VDE_EFFORT>)
  vde_sanitized_effort(${name} 0.2)
  vde_warnings(${name})
  get_target_property(type ${name} TYPE)
  if(type STREQUAL STATIC_LIBRARY)
    set_target_properties(${name} PROPERTIES EXCLUDE_FROM_ALL ON)
  endif()
endfunction()

# vde_optimised(TARGET): for a target whose own code takes most of the time of a test.
function(vde_optimised name)
  target_compile_options(${name} PRIVATE $<IF:$<CONFIG:Debug>,-O1,-O2>)
endfunction()

# vde_effort(TARGET EFFORT): how much a test does by itself, where that is not everything.
function(vde_effort name effort)
  if(NOT VDE_SANITIZE)
    set_target_properties(${name} PROPERTIES VDE_EFFORT ${effort})
  endif()
endfunction()

# vde_sanitized_effort(TARGET EFFORT): how much a test does under sanitizers. Smaller than usual where
# they slow it down the most, larger where there is little to leave out.
function(vde_sanitized_effort name effort)
  if(VDE_SANITIZE)
    set_target_properties(${name} PROPERTIES VDE_EFFORT ${effort})
  endif()
endfunction()

# vde_test(NAME [OPTIMISED] SOURCES...): a doctest program that ctest runs as NAME. OPTIMISED: it takes
# too long with sanitizers, or gains nothing from them. It has the label `optimised`, and the release
# build always has it.
function(vde_test name)
  cmake_parse_arguments(PARSE_ARGV 1 test "OPTIMISED" "" "")
  add_executable(${name} ${test_UNPARSED_ARGUMENTS})
  target_link_libraries(${name} PRIVATE vde_test_support)
  vde_test_target(${name})
  # To catch what an operand of CHECK may throw takes a tenth of the build. It fails the test case
  # anyway, only without its values.
  target_compile_definitions(${name} PRIVATE DOCTEST_CONFIG_SUPER_FAST_ASSERTS)
  if(VDE_SANITIZE)
    set(runs_elsewhere ${test_OPTIMISED})
  elseif(test_OPTIMISED)
    set(runs_elsewhere FALSE)
  else()
    set(runs_elsewhere TRUE)
  endif()
  if(VDE_TESTS_ONCE AND runs_elsewhere)
    set_target_properties(${name} PROPERTIES EXCLUDE_FROM_ALL ON)
    return()
  endif()
  add_test(NAME ${name} COMMAND ${name})
  if(test_OPTIMISED)
    set_tests_properties(${name} PROPERTIES LABELS optimised)
  endif()
endfunction()
