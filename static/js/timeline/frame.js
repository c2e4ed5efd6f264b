// The fixed parts round the canvas. No text of a run ever goes in here as markup.

export const FRAME = `
  <div class="tl-caption">
    <p data-part="caption"></p>
    <div class="tl-moments" data-part="moments" hidden>
      <button class="icon-button" type="button" data-do="before" data-key-shown="," data-key-label="Timeline: key moment before" title="Key moment before (,)">
        <span aria-hidden="true">◂</span><span class="visually-hidden">Key moment before</span>
      </button>
      <button class="icon-button" type="button" data-do="after" data-key-shown="." data-key-label="Timeline: next key moment" title="Next key moment (.)">
        <span aria-hidden="true">▸</span><span class="visually-hidden">Next key moment</span>
      </button>
    </div>
  </div>
  <div class="tl-view" data-part="view" tabindex="0" role="application" aria-label="Timeline of the run, one lane per task"
       aria-describedby="tl-keys" data-key-shown="ArrowUp ArrowDown" data-key-label="Timeline: select a task">
    <canvas></canvas>
    <div data-part="spacer"></div>
  </div>
  <p class="tl-empty" data-part="empty" hidden></p>
  <div class="tl-tip" data-part="tip" role="tooltip" hidden></div>
  <div class="tl-player" data-part="player" hidden>
    <button class="button button-small" type="button" data-play data-key-shown="Space" data-key-label="Timeline: play or pause"><span class="tl-play-mark" aria-hidden="true"></span><span>Play</span></button>
    <input type="range" min="0" max="1000" value="1000" aria-label="Position in the run" data-scrub>
    <span class="tl-time" data-time></span>
    <select class="select select-small" aria-label="Speed of the replay" data-speed></select>
  </div>
  <div class="tl-foot">
    <ul class="tl-legend" aria-label="Legend">
      <li><i class="tl-key tl-key-running"></i>running</li>
      <li><i class="tl-key tl-key-waiting"></i>waiting</li>
      <li><i class="tl-key tl-key-queued"></i>queued</li>
      <li><i class="tl-key tl-key-ready"></i>ready</li>
      <li><i class="tl-sign tl-sign-cancel">◆</i>cancel</li>
      <li><i class="tl-sign tl-sign-done">✓</i>done</li>
      <li><i class="tl-sign tl-sign-failed">✕</i>failed</li>
      <li><i class="tl-sign tl-sign-cancelled">⊘</i>cancelled</li>
    </ul>
    <div class="tl-zoom" role="group" aria-label="Zoom">
      <button class="icon-button" type="button" data-do="out" data-key-shown="-" data-key-label="Timeline: zoom out" title="Zoom out (−)"><span aria-hidden="true">−</span><span class="visually-hidden">Zoom out</span></button>
      <button class="icon-button" type="button" data-do="in" data-key-shown="+" data-key-label="Timeline: zoom in" title="Zoom in (+), also Ctrl and wheel"><span aria-hidden="true">+</span><span class="visually-hidden">Zoom in</span></button>
      <button class="button button-small button-plain" type="button" data-do="fit" data-key-shown="0" data-key-label="Timeline: show the whole run" title="Show the whole run (0)">Fit</button>
    </div>
  </div>
  <p class="visually-hidden" id="tl-keys">Plus and minus zoom, left and right move in time, up and down select a task,
    comma and full stop go to key moments, space plays. The Events view holds the same as a table.</p>
  <p class="visually-hidden" data-part="speech" aria-live="polite"></p>
`;
