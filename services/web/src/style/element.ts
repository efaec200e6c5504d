// The styles of the parts of Element Plus that are used; the parts themselves
// are imported where they stand, so that no page loads the others.
import "element-plus/theme-chalk/base.css";
import "element-plus/theme-chalk/el-button.css";
import "element-plus/theme-chalk/el-overlay.css";
import "element-plus/theme-chalk/el-dialog.css";
import "element-plus/theme-chalk/el-progress.css";
import "./tokens.css";
import "./base.css";
