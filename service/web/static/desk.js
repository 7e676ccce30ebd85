// Single-key shortcuts of the desk: a key presses the button or link with that data-key.
(() => {
  const STORED = "desk-shortcuts";
  const toggle = document.querySelector("[data-shortcuts]");
  let on = localStorage.getItem(STORED) !== "off";
  let sent = false;

  const show = () => {
    if (!toggle) return;
    toggle.hidden = false;
    toggle.setAttribute("aria-pressed", String(on));
    toggle.textContent = on ? "Turn single-key shortcuts off" : "Turn single-key shortcuts on";
    document.body.classList.toggle("without-keys", !on);
  };

  toggle?.addEventListener("click", () => {
    on = !on;
    localStorage.setItem(STORED, on ? "on" : "off");
    show();
  });

  document.addEventListener("keydown", (event) => {
    const typing = event.target.closest("input:not([type=checkbox]), select, textarea");
    if (!on || sent || typing || event.repeat || event.isComposing) return;
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const target = document.querySelector(`[data-key="${CSS.escape(event.key.toLowerCase())}"]`);
    if (!target) return;
    event.preventDefault();
    sent = true;
    target.click();
  });

  // A page from the back button takes keys again.
  addEventListener("pageshow", () => { sent = false; });
  show();
})();
