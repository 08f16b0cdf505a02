namespace Mlops.Metadata;

/// <summary>The style and the script of a report. The page is complete without the script.</summary>
internal static class ReportAssets
{
    public const string Style = """
        :root{color-scheme:light dark;--bg:#fff;--fg:#1c2126;--soft:#5b6570;--line:#e1e5e9;--tint:#f5f7f9;--accent:#0b6bb5;--c0:#0072b2;--c1:#d55e00;--c2:#007d5c;--c3:#a8398f;--c4:#8a6a00;--c5:#555b66;--m0:#9db7cf;--m1:#6f9cc4;--m2:#4180b5;--m3:#1f5f99;--m4:#0a3a6b;--mx:#8a929b}
        @media(prefers-color-scheme:dark){:root{--bg:#14171a;--fg:#e7eaed;--soft:#a0a9b2;--line:#2c3238;--tint:#1c2125;--accent:#6db8f2;--c0:#56b4e9;--c1:#ff9447;--c2:#35c79b;--c3:#e388cf;--c4:#dcbb3c;--c5:#b9c0c9;--m0:#4b6076;--m1:#5c83a8;--m2:#72a6d4;--m3:#97c9f2;--m4:#d3ebff;--mx:#78818a}}
        *{box-sizing:border-box}body{margin:0;background:var(--bg);color:var(--fg);font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif;font-variant-numeric:tabular-nums}
        main{max-width:1360px;margin:0 auto;padding:40px 24px 64px}header{margin-bottom:32px}h1{font-size:28px;line-height:1.2;margin:0 0 4px;overflow-wrap:anywhere}h2{font-size:18px;margin:48px 0 12px}h3{font-size:14px;margin:0 0 6px;overflow-wrap:anywhere}
        small,.note,figcaption,header p{color:var(--soft);font-size:13px;font-weight:400}header p,.note{margin:4px 0}
        .wide{overflow-x:auto}.wide:focus-visible,button:focus-visible,summary:focus-visible{outline:2px solid var(--accent);outline-offset:2px}
        table{border-collapse:collapse;width:100%;font-size:13px}th,td{padding:7px 12px 7px 0;text-align:left;vertical-align:top;border-bottom:1px solid var(--line);max-width:280px;overflow-wrap:anywhere;min-width:72px}th:first-child{position:sticky;left:0;background:var(--bg)}thead th{color:var(--soft);font-weight:500;vertical-align:bottom}tbody th{font-weight:500}.n{text-align:right}td.n{white-space:nowrap}td.best{color:var(--accent);font-weight:600}.missing{color:var(--soft)}
        .name,.name button{display:inline-flex;gap:8px;align-items:center;min-width:160px}.time{white-space:nowrap}.key{flex:none;width:26px;height:10px}.key path{stroke-width:3;fill:none}
        .charts{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,340px),1fr));gap:36px 28px}.chart{margin:0;min-width:0;max-width:620px}svg{display:block;max-width:none}.chart>svg{width:100%;height:auto;overflow:visible}
        svg text{font:11px system-ui,sans-serif;fill:var(--soft)}svg .head{fill:var(--fg);font-weight:600}.parallel text{paint-order:stroke;stroke:var(--bg);stroke-width:3px;stroke-linejoin:round}.grid{stroke:var(--line)}.axis{stroke:var(--soft);fill:none}
        .mean,.extremes,polyline{fill:none;vector-effect:non-scaling-stroke;stroke-linejoin:round;stroke-linecap:round}.mean{stroke-width:1.5}.extremes{stroke-width:1;stroke-opacity:.35}.best .mean{stroke-width:2.5}polyline{stroke-width:1.4;stroke-opacity:.85}polyline.best{stroke-width:3.5;stroke-opacity:1}
        .c0{stroke:var(--c0);--c:var(--c0)}.c1{stroke:var(--c1);--c:var(--c1)}.c2{stroke:var(--c2);--c:var(--c2)}.c3{stroke:var(--c3);--c:var(--c3)}.c4{stroke:var(--c4);--c:var(--c4)}.c5{stroke:var(--c5);--c:var(--c5)}.mark{fill:var(--c);stroke:none}
        .k1 .mean,.key.k1 path{stroke-dasharray:7 4}.k2 .mean,.key.k2 path{stroke-dasharray:1.5 4}.k3 .mean,.key.k3 path{stroke-dasharray:9 4 1.5 4}
        .m0{stroke:var(--m0)}.m1{stroke:var(--m1)}.m2{stroke:var(--m2)}.m3{stroke:var(--m3)}.m4{stroke:var(--m4)}.mx{stroke:var(--mx);stroke-dasharray:3 3}.none{fill:var(--soft)}
        .off{display:none}button{font:inherit;color:inherit;background:none;border:0;padding:0;text-align:left;cursor:pointer;overflow-wrap:anywhere}button[aria-pressed=false]{color:var(--soft);text-decoration:line-through}
        .full{grid-column:1/-1;max-width:none}.cell{fill:var(--accent)}.bars{stroke:var(--accent);stroke-width:.5;vector-effect:non-scaling-stroke}.guide{fill:none;vector-effect:non-scaling-stroke}.legend{list-style:none;margin:4px 0;padding:0}.legend .key{display:inline-block;margin-right:8px}.problem{margin:4px 0;padding:8px 12px;border-left:3px solid var(--c1);background:var(--tint);font-size:13px;overflow-wrap:anywhere}
        .strip{display:flex;flex-wrap:wrap;gap:12px}.strip div{max-width:240px}.chart img{display:block;max-width:100%}.strip img{height:120px;object-fit:contain;object-position:0 100%}.chart>img,iframe{background:#fff;border:1px solid var(--line)}iframe{width:100%;height:420px;color-scheme:light}pre{font:12px/1.5 ui-monospace,Consolas,monospace;white-space:pre-wrap;overflow-wrap:anywhere;background:var(--tint);padding:12px;margin:8px 0;max-height:480px;overflow:auto}
        .numbers{width:auto;min-width:min(100%,440px)}.numbers tbody th{min-width:132px}.confusion{width:auto}.confusion th:first-child{min-width:88px}.chart:has(.confusion th:nth-child(6)){grid-column:1/-1;max-width:none}.confusion td{padding:7px 10px}.confusion .n{min-width:52px}.confusion small{display:block;color:inherit}.q1{background:color-mix(in srgb,var(--accent) 5%,var(--bg))}.q2{background:color-mix(in srgb,var(--accent) 10%,var(--bg))}.q3{background:color-mix(in srgb,var(--accent) 15%,var(--bg))}.q4{background:color-mix(in srgb,var(--accent) 20%,var(--bg))}.q5{background:color-mix(in srgb,var(--accent) 25%,var(--bg))}.q6{background:color-mix(in srgb,var(--accent) 30%,var(--bg))}.q7{background:color-mix(in srgb,var(--accent) 35%,var(--bg))}.q8{background:color-mix(in srgb,var(--accent) 40%,var(--bg))}.q9{background:color-mix(in srgb,var(--accent) 45%,var(--bg))}.q10{background:color-mix(in srgb,var(--accent) 50%,var(--bg))}
        details{margin:8px 0}summary{cursor:pointer}code{font:12px ui-monospace,Consolas,monospace;overflow-wrap:anywhere}.guide{stroke:var(--soft);stroke-dasharray:2 2}
        #tip{position:fixed;pointer-events:none;background:var(--bg);border:1px solid var(--line);border-radius:6px;box-shadow:0 4px 16px #0003;padding:8px 10px;font-size:12px;max-width:320px;white-space:pre-line;z-index:1}
        @media(max-width:600px){main{padding:24px 16px 48px}h1{font-size:22px}h2{margin-top:36px}th,td{padding-right:10px}.name,.name button{min-width:104px}.time{white-space:normal}tbody th:first-child{max-width:44vw}}@media print{.off{display:inline}}
        """;

    public const string Script = """
        (()=>{
        document.querySelectorAll('[data-toggle]').forEach(s=>{const b=document.createElement('button');b.type='button';b.setAttribute('aria-pressed','true');b.title='Show or hide this run';b.append(...s.childNodes);s.append(b);
        b.onclick=()=>{const on=b.getAttribute('aria-pressed')!=='true';b.setAttribute('aria-pressed',on);document.querySelectorAll('svg [data-run="'+s.dataset.toggle+'"]').forEach(g=>g.classList.toggle('off',!on))}});
        const tip=document.createElement('div');tip.id='tip';tip.hidden=true;document.body.append(tip);
        const points=p=>{if(!p.pts){let x=0,y=0;p.pts=[];for(const m of p.getAttribute('d').matchAll(/([Ml])(-?\d+) (-?\d+)/g)){x=(m[1]==='M'?0:x)+ +m[2];y=(m[1]==='M'?0:y)+ +m[3];p.pts.push([x,y])}}return p.pts};
        const num=v=>Number(v.toPrecision(4)).toString();
        const at=(v,a)=>a==='Step'?Math.round(v):a==='Value'?num(v):a==='Time'?new Date(v/1000).toISOString().slice(0,19).replace('T',' '):num(v/1e6)+' s';
        document.querySelectorAll('svg[data-x0]').forEach(svg=>{const d=svg.dataset,x0=+d.x0,x1=+d.x1,y0=+d.y0,y1=+d.y1;
        svg.onpointerleave=()=>{tip.hidden=true};
        svg.onpointermove=e=>{const r=svg.getBoundingClientRect(),u=((e.clientX-r.left)/r.width*400-48)*10;if(u<-20||u>3460){tip.hidden=true;return}
        const rows=[];svg.querySelectorAll('.run:not(.off)').forEach(g=>{let b=null;for(const p of points(g.querySelector('.mean')))if(!b||Math.abs(p[0]-u)<Math.abs(b[0]-u))b=p;
        if(b){const f=1-b[1]/d.h;rows.push([d.log?y0*Math.pow(y1/y0,f):y0+f*(y1-y0),g.dataset.name])}});
        if(!rows.length)return;rows.sort((a,b)=>b[0]-a[0]);tip.textContent=at(x0+u/3440*(x1-x0),d.axis)+'\n'+rows.slice(0,12).map(q=>num(q[0])+'  '+q[1]).join('\n')+(rows.length>12?'\n…':'');
        tip.hidden=false;tip.style.left=Math.min(e.clientX+14,innerWidth-tip.offsetWidth-8)+'px';tip.style.top=Math.min(e.clientY+14,innerHeight-tip.offsetHeight-8)+'px'}});
        })();
        """;
}
