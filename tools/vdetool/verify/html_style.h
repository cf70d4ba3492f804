// The style sheet of the page of `verify --format html`.
#pragma once

#include <string_view>

namespace vde::cli {

inline constexpr std::string_view kHtmlStyle =
    R"(:root{color-scheme:light dark;--ink:#1c2126;--paper:#fff;--quiet:#56606b;--rule:#dfe4e9;--panel:#f5f7f9;--free:#e9edf1;--dot:#9aa5b0;--good:#17683a;--fair:#7a4b00;--bad:#b01c15;--stopped:#5a3d8a;--link:#0b57b0}
@media (prefers-color-scheme:dark){:root{--ink:#e6eaee;--paper:#14181c;--quiet:#a3aeb9;--rule:#2d343b;--panel:#1c2228;--free:#2a3138;--dot:#76828e;--good:#6fd396;--fair:#f0b84e;--bad:#ff8a80;--stopped:#c3a8f5;--link:#86b9ff}}
*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%}
body{margin:0 auto;max-width:70rem;padding:1.5rem clamp(.8rem,4vw,2.5rem) 3rem;background:var(--paper);color:var(--ink);font:400 1rem/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"DejaVu Sans",sans-serif;overflow-wrap:anywhere}
h1{font-size:1.5rem;line-height:1.25;margin:0}
h2{font-size:1.2rem;line-height:1.3;margin:0 0 .6rem}
h3{font-size:1rem;margin:1.8rem 0 .4rem}
h4{font-size:1rem;font-weight:600;margin:1.4rem 0 .5rem;padding-top:.9rem;border-top:1px solid var(--rule)}
h3+h4{border-top:0;padding-top:0;margin-top:.2rem}
p{margin:.4rem 0;max-width:48rem}
a{color:var(--link)}
code{font:.9em/1.4 ui-monospace,"DejaVu Sans Mono",Menlo,Consolas,monospace}
.quiet{color:var(--quiet)}
.hidden{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}
header{margin-bottom:1.2rem}
section{margin-top:2.2rem;padding-top:1.6rem;border-top:2px solid var(--rule)}
.images+section{margin-top:2.6rem}
main>section:first-child{margin-top:0;padding-top:0;border-top:0}
main>section:first-child>h2{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}
.verdict{display:flex;flex-wrap:wrap;gap:.1rem .8rem;align-items:baseline;max-width:none;margin:0 0 .8rem;padding:.7rem 1rem;background:var(--panel);border-left:5px solid currentColor;border-radius:0 4px 4px 0}
.verdict span{color:var(--ink)}
.verdict .quiet{color:var(--quiet)}
.verdict strong{font-size:1.3rem;line-height:1.3}
.verdict .sign{color:inherit;font-weight:700;font-size:1.3rem;margin:0}
.sign{font-weight:700;margin-right:.4rem}
.good{color:var(--good)}.fair{color:var(--fair)}.bad{color:var(--bad)}.stopped{color:var(--stopped)}
tr.bad td:not(:first-child){color:var(--bad);font-weight:600}
.failure{font-weight:600}
.total{font-size:1.1rem}
table{border-collapse:collapse;width:100%;font-size:.875rem;line-height:1.4}
th,td{padding:.3rem .7rem .3rem 0;text-align:left;vertical-align:top;border-bottom:1px solid var(--rule)}
th{font-weight:600;color:var(--quiet);overflow-wrap:normal}
th:last-child,td:last-child{padding-right:0}
.n{text-align:right;font-variant-numeric:tabular-nums}
.regions td:first-child,.regions th:first-child{width:1.6rem;padding-right:.4rem}
.regions td:first-child i{vertical-align:-2px}
.findings th:nth-child(-n+2),.findings td:nth-child(-n+2){width:5.5rem}
.images .n{width:4.6rem}
.images td:nth-child(2){overflow-wrap:normal;width:8.5rem}
.regions .n{overflow-wrap:normal}
dl{display:grid;grid-template-columns:max-content 1fr;gap:.15rem .9rem;margin:.3rem 0 .8rem;font-size:.9rem;max-width:56rem}
dt{color:var(--quiet)}
dd{margin:0}
.count{font-size:.8rem;font-weight:600;white-space:nowrap;border:1px solid currentColor;border-radius:1rem;padding:.05rem .55rem;margin-left:.3rem}
.error{color:var(--bad)}.warning{color:var(--fair)}.note{color:var(--quiet)}
.names{display:flex;flex-wrap:wrap;gap:.3rem .5rem;list-style:none;margin:.3rem 0;padding:0;font-size:.875rem}
.names li{border:1px solid var(--rule);border-radius:3px;padding:.05rem .5rem}
footer{margin-top:2.2rem;padding-top:.8rem;border-top:1px solid var(--rule);font-size:.875rem}
@media (max-width:40rem){dl{grid-template-columns:1fr;gap:0}dt{margin-top:.35rem}.findings th:nth-child(-n+2),.findings td:nth-child(-n+2){width:3.6rem}.images .n,.images td:nth-child(2){width:auto}th,td{padding-right:.45rem}body{font-size:.95rem}table{font-size:.8rem}}
@media print{:root{--ink:#000;--paper:#fff;--quiet:#444;--rule:#bbb;--panel:#fff;--free:#e9edf1;--dot:#9aa5b0;--good:#17683a;--fair:#7a4b00;--bad:#b01c15;--stopped:#5a3d8a;--link:#000}body{max-width:none;padding:0;font-size:10pt}h2,h3,h4{break-after:avoid}tr,.verdict,.map,dl{break-inside:avoid}section{break-inside:auto}a{text-decoration:none}}
)";

}  // namespace vde::cli
