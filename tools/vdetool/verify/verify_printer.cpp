#include "verify/verify_printer.h"

#include "verify/html_printer.h"
#include "verify/json_printer.h"
#include "verify/sarif_printer.h"
#include "verify/summary_printer.h"
#include "verify/text_printer.h"
#include "verify/verify_arguments.h"

namespace vde::cli {

std::unique_ptr<VerifyPrinter> make_verify_printer(Context& context,
                                                   const VerifyArguments& arguments) {
  if (arguments.format == "sarif") return std::make_unique<SarifPrinter>(context.out);
  if (arguments.format == "html") return std::make_unique<HtmlPrinter>(context);
  if (context.globals.json) return std::make_unique<JsonPrinter>(context);
  if (arguments.summary) return std::make_unique<SummaryPrinter>(context);
  return std::make_unique<TextPrinter>(context);
}

}  // namespace vde::cli
