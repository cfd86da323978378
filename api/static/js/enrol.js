// The code on a label stands behind the # of its address, so that it is in no server's log: put it into the form.
const field = document.getElementById("code");
const code = decodeURIComponent(location.hash.slice(1));
if (field && code) {
  field.value = code;
  history.replaceState(null, "", location.pathname);
}
