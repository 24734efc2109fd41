import { darkHeatColours } from './heat-map.ts'

/** The one style sheet of a report. Without it everything is still there, in the order of the page. */

export const reportStyle = `
:root{color-scheme:light dark;--bg:#fff;--fg:#1a1f26;--dim:#56606d;--line:#d3d9e1;--panel:#f5f7fa;--good:#00674d;--bad:#a32900;--caution:#765000;--over:#b3001b;--under:#fff}
*{box-sizing:border-box}
body{margin:0 auto;max-width:62rem;padding:1.5rem 1.25rem 4rem;background:var(--bg);color:var(--fg);font:1rem/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif;overflow-wrap:break-word}
h1{font-size:1.7rem;line-height:1.2;margin:0}
h2{font-size:1.2rem;margin:2.5rem 0 .75rem;padding-top:1rem;border-top:1px solid var(--line)}
header p{margin:.25rem 0;color:var(--dim)}
nav{margin:1rem 0 0;font-size:.9rem}
nav a{display:inline-block;padding:.25rem .75rem .25rem 0;color:inherit}
a:focus-visible,summary:focus-visible{outline:3px solid #0072b2;outline-offset:2px}
.verdict{font-size:1.25rem;line-height:1.4;padding:.85rem 1rem;border:2px solid currentColor;border-left-width:8px;border-radius:6px;background:var(--panel)}
.good{color:var(--good)}.bad{color:var(--bad)}.caution{color:var(--caution)}
.note{color:var(--dim);font-size:.9rem}
dl{display:grid;gap:.35rem 1.5rem;margin:1rem 0}
dl div{display:grid;grid-template-columns:11rem 1fr;gap:.75rem}
dt{color:var(--dim)}dd{margin:0;min-width:0}
.tiles dl{grid-template-columns:repeat(3,1fr);gap:.75rem}
@media screen and (min-width:56rem){.tiles dl{grid-template-columns:repeat(6,1fr)}}
.tiles dl div{display:flex;flex-direction:column-reverse;justify-content:flex-end;gap:0;padding:.6rem .75rem;border:1px solid var(--line);border-radius:6px}
.tiles dt{font-size:.85rem}.tiles dd{font-size:1.2rem;font-weight:600;font-variant-numeric:tabular-nums}
.pan{overflow-x:auto;max-width:100%}
table{border-collapse:collapse;font-size:.9rem;font-variant-numeric:tabular-nums;margin:.5rem 0;min-width:min(100%,32rem)}
caption{text-align:left;color:var(--dim);padding:.25rem 0}
th,td{text-align:left;vertical-align:top;padding:.3rem .9rem .3rem 0;border-bottom:1px solid var(--line);font-weight:400}
thead th{font-weight:600;white-space:nowrap;vertical-align:bottom}
tbody th{min-width:5rem;max-width:26rem}
@media (min-width:40rem){tbody th{min-width:7rem;overflow-wrap:anywhere}}
td ul{margin:0;padding-left:1.1rem}
td li{max-width:34rem}
td>span{white-space:nowrap}td>.note{white-space:normal}
.n{text-align:right;white-space:nowrap;padding-left:.4rem}
figure{margin:1.5rem 0 2rem}
figcaption{max-width:52rem;margin-bottom:.6rem}
svg{display:block;width:100%;height:auto;min-width:33rem;max-width:60rem;overflow:visible}
.halo{paint-order:stroke;stroke:var(--bg);stroke-width:3px;stroke-linejoin:round}
.over{stroke:var(--over)}.under{stroke:var(--under)}
.readout{color:var(--dim);font-size:.9rem;font-variant-numeric:tabular-nums;margin:.1rem 0 .3rem;min-height:1.5em}
svg[tabindex]:focus-visible{outline:3px solid #0072b2;outline-offset:2px}
.multiples{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,20rem),1fr));gap:.5rem 1.5rem}
.multiples p{margin:0;font-size:.85rem;overflow-wrap:anywhere}.multiples>div{min-width:0}.multiples svg{min-width:0}
.multiples .readout{color:var(--dim)}
details{margin:.4rem 0}
summary{cursor:pointer;display:inline-block;padding:.2rem 0;color:var(--dim);text-decoration:underline}
pre{overflow-x:auto;padding:.9rem;border:1px solid var(--line);border-radius:6px;background:var(--panel);font-size:.85rem;line-height:1.45}
code,pre{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace}
@media (max-width:40rem){body{padding:1rem .9rem 3rem}h1{font-size:1.4rem}.verdict{font-size:1.1rem}dl div{grid-template-columns:1fr;gap:0}.tiles dl{grid-template-columns:1fr 1fr}}
@media screen and (prefers-color-scheme:dark){:root{--bg:#14181d;--fg:#e6eaf0;--dim:#a5afbc;--line:#343d49;--panel:#1b2129;--good:#56d6ab;--bad:#ff9a70;--caution:#efc05b;--over:#ff6f91;--under:#14181d}
${darkHeatColours.map((colour, level) => `.h${level}{stroke:${colour}}.k${level}{fill:${colour}}`).join('')}}
@media (forced-colors:active){svg{forced-color-adjust:none;background:#fff;color:#000}.halo{stroke:#fff}}
@media print{@page{size:A4;margin:14mm}:root{color-scheme:light}body{max-width:none;padding:0;font-size:10pt}nav,summary,.readout{display:none}.pan{overflow:visible}svg{min-width:0;max-width:165mm}table{font-size:8pt;line-height:1.3;min-width:0}th,td{padding:.12rem .5rem .12rem 0}.multiples{grid-template-columns:1fr 1fr}thead{display:table-header-group}tr,svg,figcaption,.multiples>div,.short,.verdict,dl div{break-inside:avoid}h2,figcaption,caption{break-after:avoid}details::details-content{content-visibility:visible;block-size:auto}pre{white-space:pre-wrap}}
`
