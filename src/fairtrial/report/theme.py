"""Colours and styles. One palette, two schemes; every pair that carries meaning is tested for contrast.

The state colours stay apart under the common colour-vision deficiencies by lightness as well as by hue, and
no figure depends on colour alone: every one stands beside it in words.
"""

from __future__ import annotations

import base64
import hashlib

LIGHT = {
    "paper": "#fffefb",
    "panel": "#f6f3ec",
    "ink": "#1b1a18",
    "muted": "#5f5b54",
    "rule": "#dcd7cc",
    "grid": "#e9e5dc",
    "accent": "#0a5a83",
    "reach": "#4d88a6",
    "alarm": "#a3201a",
    "alarm-panel": "#fbeceb",
    "right": "#0a5a83",
    "partial": "#4c93b5",
    "wrong": "#8d877c",
    "unparsed": "#b5790f",
    "truncated": "#8a5200",
    "refused": "#74508f",
    "failed": "#b3261e",
}
DARK = {
    "paper": "#17181b",
    "panel": "#202226",
    "ink": "#ebe8e1",
    "muted": "#aaa69d",
    "rule": "#3a3c42",
    "grid": "#2b2d32",
    "accent": "#74bbe4",
    "reach": "#4f88a8",
    "alarm": "#ff9c93",
    "alarm-panel": "#35201f",
    "right": "#74bbe4",
    "partial": "#3f83a8",
    "wrong": "#858078",
    "unparsed": "#e3b450",
    "truncated": "#b98530",
    "refused": "#b493d1",
    "failed": "#f2776d",
}


def _variables(colours: dict[str, str]) -> str:
    return "".join(f"--{name}:{value};" for name, value in colours.items())


VARIABLES = (
    f".ft{{{_variables(LIGHT)}color-scheme:light dark;"
    '--serif:Charter,"Iowan Old Style","Source Serif 4",Georgia,Cambria,"DejaVu Serif",serif}'
    f"@media screen and (prefers-color-scheme:dark){{.ft{{{_variables(DARK)}}}}}"
)

PARTS = """
.ft{font:16px/1.55 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif;
color:var(--ink);background:var(--paper);font-variant-numeric:tabular-nums lining-nums;overflow-wrap:break-word;
-webkit-text-size-adjust:100%;text-size-adjust:100%}
.ft *{box-sizing:border-box}
.ft a{color:var(--accent);text-underline-offset:.15em}
.ft :focus-visible{outline:2px solid var(--accent);outline-offset:2px}
.ft code,.ft pre{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace;
font-size:.86em}
.ft code{overflow-wrap:anywhere;unicode-bidi:isolate}
.ft .ft-option{white-space:nowrap}
.ft-fragment{padding:1rem 1.2rem 1.2rem;max-width:52rem}
.ft-fragment .ft-title{margin:0;font-weight:600;font-size:1.05rem;overflow-wrap:anywhere}
.ft-loud{margin:0 0 2rem;padding:1rem 1.2rem;background:var(--alarm-panel);
border-left:5px solid var(--alarm)}
.ft-loud p{margin:0;max-width:62ch;overflow-wrap:anywhere}.ft-loud p+p{margin-top:.6rem}
.ft-loud strong{color:var(--alarm)}
.ft-meta{margin:.35rem 0 0;font-size:.86rem;color:var(--muted);overflow-wrap:anywhere}
.ft-meta code,.ft-meta b{color:var(--ink)}
.ft-muted{color:var(--muted)}
.ft figure{margin:1.75rem 0 0}
.ft figcaption{margin:0 0 .9rem}
.ft figcaption b{display:block;font-size:1.02rem;line-height:1.35}
.ft figcaption span{display:block;color:var(--muted);font-size:.88rem;max-width:62ch}
.ft-scroll{overflow-x:auto;margin:.9rem 0 0}
.ft-colon{font-size:0}
.ft table{border-collapse:collapse;width:100%;font-size:.9rem;line-height:1.4;background:none;color:inherit}
.ft caption{text-align:left;color:var(--muted);padding:0 0 .4rem}
.ft th,.ft td{padding:.42rem .9rem .42rem 0;text-align:left;vertical-align:top;border:0;
border-bottom:1px solid var(--rule);background:none}
.ft th:last-child,.ft td:last-child{padding-right:0}
.ft thead th{color:var(--muted);font-weight:500;font-size:.82rem;vertical-align:bottom;white-space:normal}
.ft tbody th{font-weight:500;overflow-wrap:anywhere;min-width:9rem}
.ft .ft-n{text-align:right;white-space:nowrap}
.ft thead .ft-n{white-space:normal}
.ft-name{display:inline-block;min-width:5.5rem;overflow-wrap:anywhere}
.ft-under{display:block;color:var(--muted);font-size:.8rem}
.ft tbody tr:hover{background:none}
.ft details{margin:.7rem 0 0}
.ft summary{cursor:pointer;color:var(--muted);font-size:.88rem}
.ft summary:hover{color:var(--ink)}
.ft details[open]>summary{margin-bottom:.6rem}
.ft svg{display:block;width:100%;overflow:visible}
.ft svg text{font:12px system-ui,-apple-system,"Segoe UI",Roboto,Arial,sans-serif;fill:var(--muted)}
.ft-rows{display:grid;grid-template-columns:minmax(7rem,15rem) minmax(0,1fr) auto;column-gap:1.1rem}
.ft-rows>*{min-width:0}
.ft-label{align-self:center;font-size:.9rem;line-height:1.3;overflow-wrap:anywhere;padding:.2rem 0}
.ft-label small{display:block;color:var(--muted);font-size:.8rem}
.ft-value{align-self:center;text-align:right;font-size:.9rem;line-height:1.3;white-space:nowrap}
.ft-value b{font-weight:600}
.ft-value small{display:block;color:var(--muted);font-size:.8rem}
.ft-group{grid-column:1/-1;font-size:.82rem;font-weight:600;color:var(--muted);padding-top:.7rem}
.ft-axis-gap{grid-column:1}
.ft-plot{align-self:stretch;min-height:2.7rem;position:relative}
.ft-plot svg{position:absolute;inset:0;height:100%}
.ft-states-bar svg{top:calc(50% - 8px);height:16px}
.ft-states-bar rect{stroke:var(--paper);stroke-width:1}
.ft-axis{grid-column:2}
.ft .grid{stroke:var(--grid);stroke-width:1}
.ft .zero{stroke:var(--muted);stroke-width:1}
.ft .chance{stroke:var(--muted);stroke-width:1;stroke-dasharray:2 3}
.ft .bar{stroke:var(--reach);stroke-width:3;stroke-linecap:round}
.ft .dot{fill:var(--accent);stroke:var(--paper);stroke-width:1.5}
.ft .is-open .bar{stroke:var(--muted)}.ft .is-open .dot{fill:var(--paper);stroke:var(--muted);
stroke-width:2}
.ft .missing{stroke:var(--alarm);stroke-width:2;stroke-dasharray:1 4;stroke-linecap:round}
.ft svg .mark{fill:var(--ink);font-size:13px;paint-order:stroke;stroke:var(--paper);stroke-width:4px;
stroke-linejoin:round}
.ft-cost{display:grid;grid-template-columns:3.2rem minmax(0,1fr);row-gap:.1rem}
.ft-cost .ft-end{grid-column:2}
.ft-right{fill:var(--right)}.ft-partial{fill:var(--partial)}.ft-wrong{fill:var(--wrong)}
.ft-unparsed{fill:var(--unparsed)}.ft-truncated{fill:var(--truncated)}.ft-refused{fill:var(--refused)}
.ft-failed{fill:var(--failed)}
.ft-key{display:flex;flex-wrap:wrap;gap:.2rem 1.1rem;list-style:none;margin:.2rem 0 .6rem;padding:0;
font-size:.85rem;
color:var(--muted)}
.ft-key li{display:flex;align-items:center;gap:.4rem}
.ft .ft-swatch{width:.7rem;height:.7rem;flex:none}
.ft-gap{color:var(--muted);font-style:italic}
@media (max-width:38rem){
.ft-rows{grid-template-columns:minmax(0,1fr) auto;grid-auto-flow:row dense;column-gap:.8rem}
.ft-label{grid-column:1;padding-top:.7rem}.ft-value{grid-column:2;align-self:end}
.ft-plot,.ft-axis{grid-column:1/-1}.ft-axis-gap{display:none}
.ft-plot{min-height:1.7rem}
.ft svg .mark{font-size:11px}
.ft-scroll{background:linear-gradient(90deg,var(--paper) 40%,transparent) 0 0/2.6rem 100% no-repeat local,
linear-gradient(270deg,var(--paper) 40%,transparent) 100% 0/2.6rem 100% no-repeat local,
linear-gradient(90deg,var(--rule),transparent) 2px 0/.8rem 100% no-repeat scroll,
linear-gradient(270deg,var(--rule),transparent) calc(100% - 2px) 0/.8rem 100% no-repeat scroll}
.ft tbody th{min-width:6.5rem}.ft-under{white-space:normal}.ft th,.ft td{padding-right:.7rem}
}
"""

PAGE = """
html{scroll-behavior:smooth}
body.ft{margin:0}
main{max-width:52rem;margin:0 auto;padding:2.6rem 1.4rem 5rem}
.ft-kicker{margin:0 0 .9rem;font-size:.86rem;color:var(--muted);overflow-wrap:anywhere}
.ft-kicker b{color:var(--ink);font-weight:600}
.ft h1{font:400 1.22rem/1.5 var(--serif);margin:0;
overflow-wrap:anywhere;max-width:44rem}
.ft h1 strong{display:block;font-size:clamp(1.5rem,1.1rem + 1.8vw,2.1rem);line-height:1.16;font-weight:600;
letter-spacing:-.012em;margin:0 0 .7rem;text-wrap:balance}
.ft .ft-legend{margin-top:.7rem;max-width:44rem}
.ft-word{display:inline-block;max-width:100%;overflow-wrap:anywhere}
.ft-verdicts{list-style:none;margin:1.2rem 0 0;padding:0;font:400 1.02rem/1.5 var(--serif)}
.ft-verdicts li{padding:.65rem 0 .65rem;border-top:1px solid var(--rule);overflow-wrap:anywhere}
.ft-verdicts b{font-weight:600}
.ft h2{font:600 1.3rem/1.3 var(--serif);margin:0}
.ft section{margin:3.2rem 0 0;padding:1.1rem 0 0;border-top:2px solid var(--ink)}
.ft section>p,.ft .ft-lede{max-width:64ch;margin:.5rem 0 0}
.ft h3{font-size:1rem;line-height:1.35;margin:1.8rem 0 .4rem;overflow-wrap:anywhere}
.ft .ft-unchecked{margin-top:1.4rem}
.ft-figures{display:grid;grid-template-columns:repeat(auto-fit,minmax(10.5rem,1fr));gap:0 1.8rem;
margin:1.2rem 0 0}
.ft-figures div{border-top:1px solid var(--rule);padding-top:.55rem;
display:grid;grid-row:span 2;grid-template-rows:subgrid;row-gap:0}
.ft-figures dt{font-size:.86rem;color:var(--muted);line-height:1.35}
.ft-figures dd{margin:.15rem 0 1.2rem;font-size:1.5rem;line-height:1.25;font-weight:600}
.ft-figures dd small{display:block;font-size:.82rem;font-weight:400;color:var(--muted);line-height:1.4;
margin-top:.15rem}
.ft-list{margin:.7rem 0 0;padding:0 0 0 1.15rem;max-width:66ch}
.ft-list li{margin:.3rem 0;overflow-wrap:anywhere}
.ft-answers{list-style:none;margin:1.1rem 0 0;padding:0}
.ft section>.ft-facts{margin-top:.6rem}
.ft-answers li{display:grid;grid-template-columns:8.2rem minmax(0,1fr);gap:0 1rem;padding:.85rem 0 .95rem;
border-top:1px solid var(--rule);break-inside:avoid}
.ft-answers h3{margin:0;grid-area:1/2}.ft-answer{grid-area:1/1/3}.ft-answers p{margin:.15rem 0 0;max-width:62ch}
.ft-answer b{display:block;font-weight:600;white-space:nowrap;overflow-wrap:normal}
.ft-answer small{color:var(--muted);font-size:.82rem}
.ft-record .ft-list{margin-top:0}
.ft .is-against{color:var(--alarm)}
.ft-sample{border-bottom:1px solid var(--rule);margin:0!important}
.ft-sample>summary{color:var(--ink);padding:.6rem 0;list-style:none;display:grid;
grid-template-columns:1rem minmax(0,1fr) auto;column-gap:.7rem;align-items:center;font-size:.92rem}
.ft-sample>summary::-webkit-details-marker{display:none}
.ft-sample>summary::before{content:"+";color:var(--muted)}
.ft-sample[open]>summary::before{content:"−"}
.ft-sample[open]>summary{margin:0}
.ft-opening{white-space:nowrap;overflow:hidden;text-overflow:ellipsis}
.ft-opening small{color:var(--muted);font-size:.84rem;margin-right:.6rem;display:inline-block;min-width:4.2rem;
max-width:min(12rem,100%);overflow:hidden;text-overflow:ellipsis;vertical-align:bottom}
.ft-opening,.ft-opening small{unicode-bidi:isolate}
.ft-states{display:flex;flex-wrap:wrap;gap:.2rem .8rem;justify-content:flex-end;font-size:.84rem}
.ft-state{display:inline-flex;align-items:center;gap:.35rem;white-space:nowrap}
.ft-state svg{width:.6rem;height:.6rem;flex:none}
.ft-body{padding:.2rem 0 1.4rem 1.7rem}
.ft-body h4{font-size:.84rem;font-weight:600;color:var(--muted);margin:1.1rem 0 .3rem;
overflow-wrap:anywhere}
.ft-body h4:first-child{margin-top:.3rem}
.ft-body h4 .ft-state{color:var(--ink);font-weight:400;margin-left:.7rem}
.ft pre{margin:0;padding:.75rem .9rem;background:var(--panel);white-space:pre-wrap;overflow-wrap:anywhere;
line-height:1.5;overflow:hidden;unicode-bidi:isolate}
.ft-facts th{width:12rem;min-width:0;color:var(--muted);font-weight:400;overflow-wrap:normal}
.ft-facts td{overflow-wrap:anywhere}
.ft-foot{margin:3.2rem 0 0;font-size:.84rem;color:var(--muted);overflow-wrap:anywhere}
@media (max-width:38rem){main{padding:1.6rem 1rem 3rem}.ft h1{font-size:1.1rem}
.ft-sample>summary{grid-template-columns:1rem minmax(0,1fr)}.ft-states{grid-column:2;
justify-content:flex-start}
.ft-answers li{display:block}
.ft-answer{margin:.15rem 0;display:flex;gap:.7rem;align-items:baseline}
.ft-body{padding-left:0}.ft-opening small{min-width:0}.ft section{margin-top:2.4rem}.ft-facts th{width:7.5rem}}
@media print{
@page{margin:16mm 15mm}
.ft{font-size:10.5pt;background:none}main{max-width:none;padding:0}
.ft section{margin-top:1.6rem}
.ft h2,.ft h3,.ft section>p:not(:last-child),.ft figcaption,.ft-group{break-after:avoid}
.ft section>p,.ft figcaption,.ft-rows,.ft-rows>*,.ft-cost,.ft tr,
.ft-figures div,.ft-sample>summary{break-inside:avoid}
.ft details:not(.ft-sample)::details-content{content-visibility:visible;block-size:auto}
.ft-scroll{background:none;overflow:visible}.ft a{color:inherit;text-decoration:none}
.ft *{-webkit-print-color-adjust:exact;print-color-adjust:exact}
}
"""

STYLE = (VARIABLES + PARTS + PAGE).replace("\n", "")
FRAGMENT_STYLE = (VARIABLES + PARTS).replace("\n", "")


def style_hash(style: str) -> str:
    """`'sha256-…'` as a content security policy names an inline style."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()}'"
